import {
  type Action,
  allow,
  ask,
  aws,
  awsAllowed,
  codeOf,
  listOf,
  run,
  type SeenByName,
  type Step,
} from '../step.ts';
import { literalPosition, positionAsParameter, probeTemplate } from './probe.ts';

const probe = '{stack}-probe';
const stackArn = `arn:{partition}:cloudformation:{region}:{account}:stack/${probe}`;

/** Makes a call in sessions that are allowed its action on these resources alone. */
function permissionActions(
  action: string,
  call: string,
  resources: Readonly<Record<string, unknown>>,
): Action[] {
  return Object.entries(resources).map(([name, resource]) => ({
    name,
    command: awsAllowed([action], resource, call),
    mayFail: true,
  }));
}

/** Whether the call succeeds with the permission that this project grants; a failure of another kind says nothing. */
function isAllowed(seen: SeenByName, granted: string): boolean | undefined {
  const code = codeOf(seen, granted);
  if (code === undefined) return true;
  return /AccessDenied|Forbidden|Unauthorized/.test(code) ? false : undefined;
}

const publish = (name: string, version: string) =>
  ask(name, `lambda publish-version --function-name ${probe}`, 'Version', {
    save: (fact) => ({ [version]: String(fact) }),
  });

const create = (name: string, version: string): Action => ({
  name,
  command: aws(
    `lambda create-event-source-mapping --function-name {ProbeFunctionArn}:{${version}} --event-source-arn {cluster} --topics {topic} --starting-position LATEST --query UUID`,
    { 'amazon-managed-kafka-event-source-config': { ConsumerGroupId: probe } },
  ),
  mayFail: true,
});

/** Updates the probe to a template, and asks for the status of the stack and for an output of that template. */
const updateProbe = (name: string, output: string, template: object): Action[] => [
  {
    name: `update for ${name}`,
    command: aws(
      `cloudformation update-stack --stack-name ${probe} --capabilities CAPABILITY_IAM`,
      { 'template-body': template },
    ),
    // The code is that of an update that has begun or is done, and of others; the output shows which.
    done: ['ValidationError'],
  },
  ask(
    name,
    `cloudformation describe-stacks --stack-name ${probe}`,
    `Stacks[0].[StackStatus,Outputs[?OutputKey=='${output}'].OutputValue|[0]]`,
    { until: (fact) => !String(listOf(fact)[0]).endsWith('_IN_PROGRESS') },
  ),
];

/** Reads a stack's outputs as values. */
export const saveOutputs = (fact: unknown) => Object.fromEntries(fact as [string, string][]);

/** The questions that decide whether the design holds, and need no deployment of it. */
export const beforeDeployment: readonly Step[] = [
  {
    id: 'bootstrap-brokers',
    question: 'Does a role need `kafka:GetBootstrapBrokers` on `*`?',
    settles: ['lib/source/source-permissions.ts'],
    expected: '`*` is enough. Whether the ARN of the cluster is enough as well, nothing documents.',
    creates: [
      { kind: 'topic', name: '{topic}' },
      { kind: 'stack', name: probe },
    ],
    actions: [
      { name: 'create the topic', command: run('kafka', 'create-topic {brokers} {topic}') },
      {
        name: 'create the probe',
        command: aws(
          `cloudformation create-stack --stack-name ${probe} --capabilities CAPABILITY_IAM`,
          { 'template-body': probeTemplate },
        ),
        done: ['AlreadyExistsException'],
      },
      {
        name: 'wait for the probe',
        command: aws(`cloudformation wait stack-create-complete --stack-name ${probe}`),
      },
      ask(
        'outputs of the probe',
        `cloudformation describe-stacks --stack-name ${probe}`,
        'Stacks[0].Outputs[].[OutputKey,OutputValue]',
        { isSecret: true, save: saveOutputs },
      ),
      ask('id', `cloudformation describe-stacks --stack-name ${probe}`, 'Stacks[0].StackId', {
        isSecret: true,
        save: (fact) => ({ ProbeStackUuid: String(fact).split('/').at(-1) ?? '' }),
      }),
      {
        name: 'simulated with the cluster',
        command: aws('iam simulate-custom-policy', {
          'policy-input-list': {
            Version: '2012-10-17',
            Statement: [allow(['kafka:GetBootstrapBrokers'], '{cluster}')],
          },
          'action-names': 'kafka:GetBootstrapBrokers',
          'resource-arns': '{cluster}',
          query: 'EvaluationResults[].EvalDecision',
        }),
        mayFail: true,
      },
      ...permissionActions(
        'kafka:GetBootstrapBrokers',
        'kafka get-bootstrap-brokers --cluster-arn {cluster}',
        { 'with *': '*', 'with the cluster': '{cluster}' },
      ),
    ],
    judge: (seen) => isAllowed(seen, 'with *'),
  },
  {
    id: 'two-mappings',
    question:
      'Does Lambda accept two mappings of one topic in one consumer group, for two versions of one function?',
    settles: ['lib/source/mapping-generation.ts', 'lib/source/kafka-trigger.ts'],
    expected:
      'It does, so that CloudFormation can create a mapping before it deletes the one that it replaces. It refuses a second mapping for the same version.',
    disturbs: [{ kind: 'mappings', name: probe }],
    actions: [
      publish('first version', 'probeVersion1'),
      {
        name: 'change the function',
        command: aws(`lambda update-function-configuration --function-name ${probe} --timeout 4`),
      },
      {
        name: 'wait for the change',
        command: aws(`lambda wait function-updated-v2 --function-name ${probe}`),
      },
      publish('second version', 'probeVersion2'),
      create('mapping for the first version', 'probeVersion1'),
      create('mapping for the second version', 'probeVersion2'),
      create('another for the second version', 'probeVersion2'),
      ask(
        'mappings',
        'lambda list-event-source-mappings --event-source-arn {cluster}',
        `EventSourceMappings[?contains(FunctionArn,'function:${probe}:')].[FunctionArn,State,LastProcessingResult]`,
        { until: (fact) => listOf(fact).every(([, state]) => state !== 'Creating') },
      ),
    ],
    // The list decides, not the answers: a run that was killed after a call repeats it.
    judge: (seen) => {
      const versions = new Set(listOf(seen.mappings?.fact).map(([arn]) => arn));
      return versions.size === 0 ? undefined : versions.size === 2;
    },
  },
  {
    id: 'stack-by-name',
    question: "Does `DescribeStacks` by a stack's name need `stack/NAME/*`?",
    settles: ['lib/operator-policy.ts'],
    expected: '`stack/NAME/*` is enough; the id of the stack does not match a call by name.',
    actions: permissionActions(
      'cloudformation:DescribeStacks',
      `cloudformation describe-stacks --stack-name ${probe}`,
      { 'with stack/NAME/*': `${stackArn}/*`, 'with the id': `${stackArn}/{ProbeStackUuid}` },
    ),
    judge: (seen) => isAllowed(seen, 'with stack/NAME/*'),
  },
  {
    id: 'glue-schema-version',
    question: 'Does a role need `glue:GetSchemaVersion` on `*` to read a schema by its version id?',
    settles: ['lib/source/schema-registry.ts'],
    expected:
      '`*` is enough; the ARNs of the registry and the schema are not, since the call names neither.',
    actions: permissionActions(
      'glue:GetSchemaVersion',
      'glue get-schema-version --schema-version-id {SchemaVersionId}',
      { 'with *': '*', 'with the schema': ['{RegistryArn}', '{SchemaArn}'] },
    ),
    judge: (seen) => isAllowed(seen, 'with *'),
  },
  {
    id: 'position-as-parameter',
    question:
      'Can the starting position of a mapping move from the template to a parameter of the same value?',
    settles: ['lib/source/starting-position.ts'],
    expected: 'The mapping is not replaced, although its time was a number and becomes a text.',
    actions: [
      ...updateProbe('before', 'MappingInTemplate', literalPosition),
      ...updateProbe('after', 'MappingByParameter', positionAsParameter),
      ask(
        'reasons',
        `cloudformation describe-stack-events --stack-name ${probe}`,
        "StackEvents[?LogicalResourceId=='Mapping'].ResourceStatusReason",
      ),
    ],
    judge: (seen) => {
      // CloudFormation says so even if Lambda refuses the new mapping, which rolls the update back.
      if (listOf(seen.reasons?.fact).some((each) => each.includes('new physical resource'))) {
        return false;
      }
      const [before, after] = [seen.before, seen.after].map((each) => listOf(each?.fact)[1]);
      return before && after ? before === after : undefined;
    },
  },
];
