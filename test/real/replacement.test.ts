import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uncheckedTemplate } from './configurations.ts';
import { type CreateOnly, loadCreateOnly } from './resource-schemas.ts';
import { type SettingChange, settingChanges } from './setting-changes.ts';
import {
  type Casualty,
  casualtiesOf,
  type ParameterValues,
  type TemplateJson,
  type TemplateResource,
  updateRelevantPart,
} from './template-update.ts';
import {
  advice,
  holdsData,
  releaseAdvice,
  releaseSection,
  settingsSection,
} from './upgrade-page.ts';

/** More than a hundred synths, and the first time the installation of cfn-lint. */
const TIMEOUT_MS = 600_000;

const root = resolve(import.meta.dirname, '../..');
const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { version } = readJson('package.json');

let folder: string;
let createOnly: CreateOnly;
/** What the changes of each setting do, by the name of the setting. */
let casualties: ReadonlyMap<string, readonly Casualty[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'update-'));
  createOnly = await loadCreateOnly();
  casualties = new Map(
    Object.entries(settingChanges).map(([name, changes]) => [
      name,
      changes.flatMap((change) => casualtiesOfChange(name, change)),
    ]),
  );
}, TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether a store of records, messages, log lines or of the key to them is replaced by an empty one, or deleted. */
const isLostStore = (casualty: Casualty): boolean =>
  holdsData(casualty) &&
  /::(Bucket|Queue|Key|LogGroup)$/.test(casualty.type) &&
  (casualty.fate === 'replaced' || !casualty.isKept);

/** Every update publishes a version of a changed function, and mappings move to it: nothing is replaced but code. */
const isVersion = ({ type }: Casualty): boolean => type === 'AWS::Lambda::Version';

function casualtiesOfChange(
  name: string,
  { with: others, values }: SettingChange,
  parameters: ParameterValues = 'kept',
): Casualty[] {
  const base = { topics: 'orders, payments', ...others };
  const templates = values.map((value) =>
    uncheckedTemplate({ ...base, [name]: value }, mkdtempSync(join(folder, 'app-'))),
  );
  return templates
    .flatMap((before) =>
      templates.flatMap((after) => casualtiesOf(before, after, createOnly, parameters)),
    )
    .filter((casualty) => !isVersion(casualty));
}

/** The golden templates, by name. */
const golden = new Map<string, TemplateJson>(
  globSync('test/fixtures/lib/*.template.json', { cwd: root })
    .sort()
    .map((file) => [basename(file, '.template.json'), readJson(file)]),
);

/** A template of each configuration of {@link golden} by release, from the oldest. */
const releases = Map.groupBy(
  globSync('test/fixtures/releases/*/*.template.json', { cwd: root }).sort(),
  (file) => basename(dirname(file)),
);

/** A page with the lines between its markers replaced. */
function rewritten(page: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- begin ${name}: npm run docs:upgrade -->`, `<!-- end ${name} -->`];
  const [head = '', rest = ''] = page.split(begin);
  const [, tail] = rest.split(end);
  if (tail === undefined) throw new Error(`docs/upgrade.md has no part '${name}'`);
  return `${head}${begin}\n\n${lines.join('\n')}\n\n${end}${tail}`;
}

/** The mappings of the topics `orders` and `payments` with their default groups. */
const [ORDERS, PAYMENTS] = [
  'KafkaTriggerMappingorders7664A39B',
  'KafkaTriggerMappingpayments9C48F43F',
];

const PAGE = join(root, 'docs/upgrade.md');

describe('a changed setting', () => {
  const fatesOf = (isRelevant: (casualty: Casualty) => boolean): string[] =>
    [...casualties].flatMap(([setting, all]) =>
      all.filter(isRelevant).map(({ fate, id }) => `${setting}: ${id} ${fate}`),
    );

  it('never replaces a bucket, queue, key or log group, and deletes none that holds records', () => {
    expect(fatesOf(isLostStore)).toEqual([
      'delivery: DeliveryLogGroup69B912FF removed',
      'alarmTopicArn: MonitoringAlarmTopicKey22E4A359 removed',
    ]);
  });

  it('is never a consumer group or topic of an existing mapping, which Lambda would not change', () => {
    const isStuck = ({ type, fate }: Casualty) =>
      type === 'AWS::Lambda::EventSourceMapping' && fate === 'refused';

    expect(fatesOf(isStuck)).toEqual([]);
  });

  it.each(['startingPosition', 'hoursBack'] as const)(
    'replaces mappings if the deployment passes the defaults of parameters: %s',
    (name) => {
      const fates = settingChanges[name].flatMap((change) =>
        casualtiesOfChange(name, change, 'defaults').map(({ id, fate }) => `${id} ${fate}`),
      );

      expect([...new Set(fates)]).toEqual([`${ORDERS} replaced`, `${PAYMENTS} replaced`]);
      expect(casualties.get(name)).toEqual([]);
    },
  );

  it('has advice exactly if it affects a resource that holds data or offsets', () => {
    const affecting = [...casualties].filter(([, all]) => all.some(holdsData));

    expect(affecting.map(([name]) => name)).toEqual(Object.keys(advice));
  });
});

describe('a release', () => {
  it.each([...golden])('is kept for its successors: %s', async (name, template) => {
    const { Resources, ...rest } = updateRelevantPart(template, createOnly);
    const lines = Object.entries(Resources).map(
      ([id, resource]) => `    ${JSON.stringify(id)}: ${JSON.stringify(resource)}`,
    );
    const head = JSON.stringify(rest).slice(1, -1);
    const text = `{${head}${head && ','}\n  "Resources": {\n${lines.join(',\n')}\n  }\n}\n`;

    const file = `test/fixtures/releases/${version}/${name}.template.json`;
    await expect(text).toMatchFileSnapshot(join(root, file));
  });
});

describe('an update from a release, and back', () => {
  const updates = [...releases].flatMap(([release, files]) => {
    if (release === version) return [];
    return files.map((file) => ({ release, name: basename(file, '.template.json'), file }));
  });
  const effects = ({ name, file }: (typeof updates)[number]) => {
    const today = golden.get(name);
    if (today === undefined) throw new Error(`no golden template for ${file}`);
    const deployed: TemplateJson = readJson(file);
    return {
      there: casualtiesOf(deployed, today, createOnly),
      back: casualtiesOf(today, deployed, createOnly),
    };
  };

  it.each(updates)('loses no store: $release, $name', (update) => {
    const { there, back } = effects(update);

    expect([...there, ...back].filter(isLostStore)).toEqual([]);
  });

  it('has advice exactly if it affects a resource that holds data or offsets', () => {
    const affecting = updates.filter((update) => {
      const { there, back } = effects(update);
      return [...there, ...back].some(holdsData);
    });

    const names = new Set(affecting.map(({ release }) => release));
    expect([...names]).toEqual(Object.keys(releaseAdvice));
  });

  it.each([
    ['none, if startingPosition is that time', { startingPosition: '2025-01-01T00:00:00Z' }, []],
    ['all, if hoursBack is another time', { hoursBack: 3 }, [ORDERS, PAYMENTS]],
  ])('replaces mappings with a time in the template of 0.1.0: %s', (_, settings, replaced) => {
    const old = readJson('test/fixtures/releases/0.1.0/msk.template.json');
    const start = { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_735_689_600 };
    for (const id of [ORDERS, PAYMENTS]) Object.assign(old.Resources[id].Properties, start);
    const today = uncheckedTemplate(
      { topics: 'orders, payments', ...settings },
      mkdtempSync(join(folder, 'app-')),
    );

    for (const [from, to] of [
      [old, today],
      [today, old],
    ]) {
      const fates = casualtiesOf(from, to, createOnly).filter(holdsData);
      expect(fates.map(({ id, fate }) => `${id} ${fate}`)).toEqual(
        replaced.map((id) => `${id} replaced`),
      );
    }
  });

  it('and changes of settings have the effects that docs/upgrade.md shows', async () => {
    const sections = [...Map.groupBy(updates, ({ release }) => release)].flatMap(([release, all]) =>
      releaseSection(
        release,
        all.flatMap((update) => effects(update).there),
        all.flatMap((update) => effects(update).back),
      ),
    );
    const written = rewritten(readFileSync(PAGE, 'utf8'), 'settings', settingsSection(casualties));

    const message = 'docs/upgrade.md differs from the templates: run npm run docs:upgrade';
    await expect(rewritten(written, 'releases', sections), message).toMatchFileSnapshot(PAGE);
  });
});

describe('planted mistakes are found', () => {
  const MAPPING = 'KafkaTriggerMappingorders';
  const deployed = (): TemplateJson => golden.get('msk') ?? { Resources: {} };

  /** The template in which a resource has other properties, found by the beginning of its id. */
  function planted(prefix: string, properties: TemplateResource['Properties']): TemplateJson {
    const { Resources, ...rest } = deployed();
    const id = Object.keys(Resources).find((each) => each.startsWith(prefix)) ?? '';
    const resource = Resources[id];
    if (resource === undefined) throw new Error(`no resource ${prefix}`);
    const changed = { ...resource, Properties: { ...resource.Properties, ...properties } };
    return { ...rest, Resources: { ...Resources, [id]: changed } };
  }

  const found = (after: TemplateJson, before = deployed()): string[] =>
    casualtiesOf(before, after, createOnly).map(
      ({ id, fate, isKept }) =>
        `${id.replace(/[0-9A-F]{8}$/, '')} ${fate}${isKept ? ', kept' : ''}`,
    );

  it('no mistake, no finding', () => {
    expect(found(deployed())).toEqual([]);
  });

  it('a bucket with a name, and its policy, which refers to it', () => {
    expect(found(planted('ArchiveBucket', { BucketName: 'archive' }))).toEqual([
      'ArchiveBucket replaced, kept',
      'ArchiveBucketPolicy replaced, kept',
    ]);
  });

  it('a queue with another logical id', () => {
    const text = JSON.stringify(deployed()).replaceAll('FailedBatchesReplayQueue', 'Renamed');

    expect(found(JSON.parse(text))).toContain('FailedBatchesReplayQueue replaced');
  });

  it('a queue that is no longer in the template', () => {
    const { Resources, ...rest } = deployed();
    const others = Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::SQS::Queue');

    expect(found({ ...rest, Resources: Object.fromEntries(others) })).toEqual([
      'FailedBatchesDeadLetterQueue removed, kept',
      'FailedBatchesReplayQueue removed',
    ]);
  });

  it('a mapping of another cluster, and a mapping with another group', () => {
    const EventSourceArn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/other/uuid-1';
    const group = { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'other' } };

    expect(found(planted(MAPPING, { EventSourceArn }))).toEqual([`${MAPPING} replaced`]);
    expect(found(planted(MAPPING, group))).toEqual([`${MAPPING} refused, kept`]);
  });

  it('a create-only property by a parameter, unless the stack keeps the value of the parameter', () => {
    const at = (parameter: string, Default: string): TemplateJson => {
      const IsLatest = { 'Fn::Equals': [{ Ref: parameter }, 'latest'] };
      const StartingPosition = { 'Fn::If': ['IsLatest', 'LATEST', { Ref: parameter }] };
      const mapping = { Type: 'AWS::Lambda::EventSourceMapping', Properties: { StartingPosition } };
      return {
        Parameters: { [parameter]: { Default } },
        Conditions: { IsLatest },
        Resources: { Mapping: mapping },
      };
    };

    expect(found(at('Start', 'latest'), at('Start', 'TRIM_HORIZON'))).toEqual([]);
    expect(found(at('Start', 'latest'), at('Other', 'TRIM_HORIZON'))).toEqual(['Mapping replaced']);
  });
});
