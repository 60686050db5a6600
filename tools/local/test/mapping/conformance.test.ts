import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTable } from '../../../../test/conformance/event-source-mapping/behaviours-table.ts';
import { conformanceCases } from '../../../../test/conformance/event-source-mapping/cases/all.ts';
import { emulatorTarget } from '../../../../test/conformance/event-source-mapping/emulator-target.ts';
import { openRemoteTarget } from '../../../../test/conformance/event-source-mapping/remote-target.ts';
import { mappingSettings } from '../../mapping/settings.ts';

const target = process.env.REMOTE === '1' ? openRemoteTarget() : emulatorTarget;

describe(`the event source mapping of the ${target.name}`, () => {
  it.each(conformanceCases)('$id: $behaviour', (conformanceCase) => target.run(conformanceCase));
});

describe('the table of behaviours', () => {
  it('has unique ids', () => {
    const ids = conformanceCases.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('has the defaults of the settings', () => {
    const defaults: Readonly<Record<string, unknown>> = { ...mappingSettings(), nullStyle: 'null' };
    const settings = conformanceCases
      .map(({ evidence }) => evidence)
      .filter((evidence) => evidence.kind === 'setting');
    expect(settings.map((each) => [each.name, each.default])).toEqual(
      settings.map(({ name }) => [name, defaults[name]]),
    );
  });

  // To update it: npx vitest run tools/local/test/mapping/conformance.test.ts -u
  it('is the table in tools/local/README.md', async () => {
    const file = join(import.meta.dirname, '../../README.md');
    const page = readFileSync(file, 'utf8');
    await expect(withTable(page, conformanceCases)).toMatchFileSnapshot(file);
  });
});
