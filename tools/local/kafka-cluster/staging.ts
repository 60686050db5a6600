import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Works in a new folder below that one, from which whole files and folders can be renamed into
 * place. It is gone afterwards, also when this process exits meanwhile.
 */
export async function withStaging<Result>(
  folder: string,
  work: (staging: string) => Promise<Result>,
): Promise<Result> {
  const staging = mkdtempSync(join(folder, 'staging-'));
  const remove = () => rmSync(staging, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(staging);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
