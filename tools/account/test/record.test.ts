import { describe, expect, it } from 'vitest';
import { redact, renderRecord } from '../record.ts';
import type { State } from '../state.ts';
import { fewSteps, target } from './account.ts';

const state: State = {
  ...{ target, startedAt: '2026-11-28T09:00:00.000Z', revision: 'abc1234', things: [] },
  values: {
    ...target,
    Bucket: 'verify-archivebucket0a1b2c3d-x7k2m9',
    brokers: 'b-1.example.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098',
    topic: 'Verify',
  },
  secrets: ['Bucket', 'brokers'],
  steps: {
    first: {
      next: 3,
      seen: { topic: {}, deploy: {}, role: {} },
      verdict: { verdict: 'confirmed' },
    },
    second: {
      next: 1,
      seen: {
        deny: {},
        look: {
          isLate: true,
          failure: {
            code: 'AccessDenied',
            message: `User: arn:aws:iam::${target.account}:user/alice\nis not authorized`,
          },
        },
      },
      verdict: { verdict: 'not settled', because: 'no result in time: look' },
    },
  },
};

describe('redaction', () => {
  it.each([
    ['account 111122223333', 'account <account>'],
    ['another 999988887777', 'another <account>'],
    [target.cluster, '<cluster>'],
    ['group example, 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3', 'group <cluster name>, <uuid>'],
    [
      's3://verify-archivebucket0a1b2c3d-x7k2m9/topic=Verify/a.gz',
      's3://<Bucket>/topic=Verify/a.gz',
    ],
    ['Verify-ArchiveFunctionRole0A1B2C3D-aB3dE5', '<resource>'],
    ['b-2.example.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098', '<broker>'],
    ['arn:aws:sts::111122223333:assumed-role/Admin/alice is denied', '<principal> is denied'],
    ['request 5b8f9f4c-0d1e-4f2a-9b3c-1d2e3f4a5b6c', 'request <uuid>'],
    ['sg-0123456789abcdef0 in subnet-0a1b2c3d', '<network id> in <network id>'],
    ['10.0.12.7 and ASIAIOSFODNN7EXAMPLE', '<address> and <key>'],
    ['version 2 of Verify-probe, 1577 bytes', 'version 2 of Verify-probe, 1577 bytes'],
  ])('turns %s into %s', (text, redacted) => {
    expect(redact(text, state)).toBe(redacted);
  });
});

describe('the record', () => {
  it('has the question, the expectation, each command, what was seen, and the verdict', () => {
    expect(renderRecord(state, fewSteps)).toBe(`# Verified in eu-west-1 on 2026-11-28

Written by \`npm run verify:account\` at commit abc1234. Ids are replaced by names in angle brackets.

| Step | Question | Verdict |
|---|---|---|
| first | Does it deploy? | confirmed |
| second | Does it fail? | not settled |
| third | Is the outage over? | not run |

## first

Does it deploy?

- Settles: \`lib/archive-stack.ts\`
- Expected: It does.
- **confirmed**

\`\`\`
$ kafka create-topic {brokers} {topic}
$ npx cdk deploy {stack}
$ aws ask role --query Role
\`\`\`

## second

Does it fail?

- Settles: \`lib/archive-stack.ts\`
- Expected: It does not.
- **not settled**: no result in time: look

\`\`\`
$ aws iam put-role-policy {Role}
$ aws ask look --query Seen
AccessDenied: User: <principal> is not authorized
(the awaited result did not come in time)
\`\`\`
`);
  });

  it('leaves out the steps that did not run', () => {
    const page = renderRecord({ ...state, steps: {} }, fewSteps);
    expect(page).toContain('| first | Does it deploy? | not run |');
    expect(page).not.toContain('## first');
  });
});
