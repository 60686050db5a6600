import {
  type RunSimulationResults,
  runSimulation,
  type Simulation,
} from '@cloud-copilot/iam-simulate';
import { ACCOUNT, type Deployment, type NamedPolicy, type PolicyDocument } from './deployment.ts';

/** The keys of a request that conditions can refer to. */
export type Context = Readonly<Record<string, string>>;

/** A call: action, resource, and the keys that the service adds to those of every request. */
export type Row = readonly [action: string, resource: string, context?: Context];

/** One principal, with calls that it makes and calls that it must not get through. */
export interface Caller {
  readonly name: string;
  /** The ARN of a role, or a service's name. */
  readonly principal: string;
  readonly policies: readonly NamedPolicy[];
  readonly may: readonly Row[];
  readonly mayNot: readonly Row[];
}

/** One call of an API. */
interface Call {
  /** The ARN of a role, or a service's name. */
  readonly principal: string;
  /** What the principal may do by its own policies; a service has none. */
  readonly policies: readonly NamedPolicy[];
  readonly action: string;
  /** The ARN of one resource, or `*` for a call that names none, which only a policy for `*` allows. */
  readonly resource: string;
  readonly context: Context;
}

/** The calls that are not decided as they must be, each as a line. */
export async function wrongDecisions(
  deployment: Deployment,
  callers: readonly Caller[],
): Promise<string[]> {
  const lines: string[] = [];
  for (const { may, mayNot, name, policies, principal } of callers) {
    for (const [rows, expected] of [
      [may, true],
      [mayNot, false],
    ] as const) {
      for (const [action, resource, context = {}] of rows) {
        const call = { principal, policies, action, resource, context };
        const allowed = await isAllowed(deployment, call);
        if (allowed !== expected) {
          const keys = Object.entries(context).map(([key, value]) => ` with ${key} ${value}`);
          const decision = allowed ? 'allowed' : 'denied';
          lines.push(`${name}: ${action} on ${resource}${keys.join('')}: ${decision}`);
        }
      }
    }
  }
  return lines;
}

/** What AWS sends with each call over TLS, in the account of the stack. */
const usual: Context = {
  'aws:SecureTransport': 'true',
  'aws:ResourceAccount': ACCOUNT,
  's3:ResourceAccount': ACCOUNT,
  's3:TlsVersion': '1.3',
};

/** The policy of a resource that refuses no one: only the caller's own policies can then deny a call. */
const open: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }],
};

/**
 * Decides a call as IAM would, by the policies of the caller and of the resource. A resource of another account is
 * assumed to allow everyone.
 *
 * @throws Error if the authorization data knows no such action, resource type of the action, or condition key
 */
async function isAllowed(deployment: Deployment, call: Call): Promise<boolean> {
  const { action, context, policies, principal, resource } = call;
  const accountId = context['aws:ResourceAccount'] ?? ACCOUNT;
  const bucket = resource.startsWith('arn:aws:s3:') ? resource.split('/')[0] : undefined;
  const ofStack = deployment.resourcePolicies.get(bucket ?? resource)?.policy;
  const resourcePolicy = accountId === ACCOUNT ? ofStack : open;
  const simulation: Simulation = {
    request: {
      ...{ principal, action, resource: { resource, accountId } },
      contextVariables: { ...usual, ...context },
    },
    identityPolicies: [...policies],
    ...(resourcePolicy !== undefined && { resourcePolicy }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  const result = await simulate(simulation);
  const problem = `${action} on ${resource}`;
  if (result.resultType === 'error') throw new Error(`${problem}: ${result.errors.message}`);
  const results = result.resultType === 'single' ? [result.result] : result.results;
  const unknown = Object.keys(context).filter((key) =>
    results.some(({ ignoredContextKeys = [] }) => ignoredContextKeys.includes(key)),
  );
  if (unknown.length > 0) throw new Error(`${problem}: no condition key ${unknown.join(', ')}`);
  // The simulator also allows `*` if the policy allows some resource.
  const isSome =
    result.resultType === 'wildcard' &&
    result.results.some(({ resourcePattern }) => resourcePattern !== resource);
  return result.overallResult === 'Allowed' && !isSome;
}

const done = new Map<string, Promise<RunSimulationResults>>();

/**
 * Runs a simulation once, since most stacks have most of their policies in common. Keys that the simulator knows take
 * the place of those whose variable part follows no slash.
 */
export function simulate(simulation: Simulation): Promise<RunSimulationResults> {
  const text = JSON.stringify(simulation).replaceAll('kms:EncryptionContext:', 'aws:RequestTag/');
  const result = done.get(text) ?? runSimulation(JSON.parse(text), {});
  done.set(text, result);
  return result;
}
