import { cpus } from 'node:os';

/** What the numbers of a run were measured on, in one line. */
export function machine(): string {
  const [cpu] = cpus();
  const model = cpu?.model.trim() ?? 'unknown CPU';
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}`;
}
