import { Argument, Option } from '@commander-js/extra-typings';
import { createCommand } from '../../../cli/command.ts';
import { named, wholeNumber } from '../../../cli/options.ts';
import { type KafkaCluster, startKafkaCluster, stopKafkaCluster } from './cluster.ts';
import type { BrokerCount } from './node.ts';
import { portOffsets } from './ports.ts';
import { saslMechanisms } from './secured.ts';

/**
 * `npm run kafka`: starts and stops Apache Kafka on this machine.
 *
 * @param print writes a line for the user
 */
export function kafkaCommand(print: (line: string) => void) {
  const { controller, secured } = portOffsets;
  return createCommand(
    'npm run kafka --',
    'Runs Apache Kafka on this machine, on loopback only. Needs Java 17 or later, and Maven to download Kafka the first time.',
  )
    .addArgument(new Argument('<action>', 'what to do').choices(['start', 'stop'] as const))
    .addOption(named('--folder <path>', 'data, settings and logs').default('.kafka'))
    .addOption(
      new Option(
        '--brokers <n>',
        'number of brokers; default: that of the existing cluster, else 1',
      ).choices(['1', '3'] as const),
    )
    .addOption(
      wholeNumber(
        '--port <n>',
        `port of the first broker; secured listeners are ${secured} above, the controller ${controller}`,
        { min: 1, max: 65_535 - controller, default: 9092 },
      ),
    )
    .option('--secure', `add listeners with TLS and SASL: ${saslMechanisms.join(', ')}`)
    .addHelpText('after', '\nThe cluster runs until it is stopped; its topics stay in the folder.')
    .action(async (action, { brokers, folder, port, secure }) => {
      if (action === 'stop') {
        const wasRunning = await stopKafkaCluster(folder);
        print(
          wasRunning
            ? `Stopped; the topics remain in ${folder}`
            : `No cluster is running in ${folder}`,
        );
        return;
      }
      const started = await startKafkaCluster({
        ...{ folder, port, secure, isDetached: true, onProgress: print },
        brokers: brokers === undefined ? undefined : (Number(brokers) as BrokerCount),
      });
      for (const line of describe(started)) print(line);
    });
}

function describe({ bootstrapServers, folder, kafkaVersion, secured }: KafkaCluster): string[] {
  return [
    `Kafka ${kafkaVersion} is running`,
    `  bootstrap servers  ${bootstrapServers}`,
    ...(secured
      ? [
          `  TLS and SASL       ${secured.bootstrapServers}`,
          `  user, password     ${secured.username}, ${secured.password}`,
          `  CA certificate     ${secured.caFile}`,
        ]
      : []),
    `  folder             ${folder}`,
  ];
}
