import { writeFileSync } from 'node:fs';
import { listenForStop } from '../../cli/stop-signals.ts';
import { print, progressOn, refuse } from '../../cli/terminal.ts';
import { KafkaClusterError } from '../local/kafka-cluster/errors.ts';
import { parsePeersOptions, peersHelp } from './peers/options.ts';
import { renderReport } from './peers/report.ts';
import { runPeers } from './peers/run.ts';

const stop = listenForStop();
const progress = progressOn(process.stderr);

try {
  const options = parsePeersOptions(process.argv.slice(2));
  if (options === 'help') print(peersHelp);
  else {
    const { isComplete, report } = await runPeers(options, {
      ...{ progress, now: Date.now, stop: stop.signal },
    });
    progress('');
    print(renderReport(report));
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    if (!isComplete) process.exitCode = 1;
  }
} catch (error) {
  progress('');
  if (stop.exitCode === undefined) refuse(error, KafkaClusterError);
  else process.exitCode = stop.exitCode;
}
