import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { askOn, consent } from '../../cli/ask.ts';

function terminal() {
  const [input, output, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
  return { input, output, stop, ask: askOn({ input, output, signal: stop.signal }) };
}

describe('a question', () => {
  it.each([
    ['y\n', true],
    ['Y\n', true],
    [' yes \n', true],
    ['\n', false],
    ['n\n', false],
    ['yesterday\n', false],
  ])('answered with %j is %s', async (answer, isYes) => {
    const { ask, input } = terminal();
    const asked = ask('Go on?');
    input.write(answer);
    expect(await asked).toBe(isYes);
  });

  it('shows the default', async () => {
    const { ask, input, output } = terminal();
    const asked = ask('Go on?');
    input.write('y\n');
    await asked;
    output.end();
    expect(await text(output)).toBe('Go on? [y/N] ');
  });

  it('is declined at the end of the input', async () => {
    const { ask, input } = terminal();
    const asked = ask('Go on?');
    input.end();
    expect(await asked).toBe(false);
  });

  it('is declined when the signal aborts', async () => {
    const { ask, stop } = terminal();
    const asked = ask('Go on?');
    stop.abort();
    expect(await asked).toBe(false);
  });
});

describe('consent', () => {
  it('is asked for on the terminal, after clearing the progress', async () => {
    const said: string[] = [];
    const ask = async (question: string) => said.push(question) === 0;
    const confirm = consent({ ask, progress: (line) => said.push(line), yes: undefined });
    expect(await confirm('Go on?')).toBe(false);
    expect(said).toEqual(['', 'Go on?']);
  });

  it('is given by --yes, without a question', async () => {
    const confirm = consent({ ask: undefined, progress: () => undefined, yes: true });
    expect(await confirm('Go on?')).toBe(true);
  });
});
