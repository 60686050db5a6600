/** What must have been seen among the schedules, or they prove nothing. */
export const sightings = [
  'function crashed before its plan',
  'function crashed between two puts',
  'function crashed after its puts, before its answer',
  'function reported failed while it ran on',
  'answer of a success lost',
  'deadline aborted a put in flight',
  'attempts of a call used up',
  'put lost its answer, met 412, found its own body',
  'retry met 412, found the body of an earlier try',
  'other body at the key of a topic created again',
  '409 while another put of the key was under way',
  'zombie put made its object',
  "zombie put landed after a successor's success",
  'process ran an invocation while puts of another were in flight',
  'rebalance in the middle of a batch',
  'poller crashed in the middle of a batch',
  'zombie poller cut a batch',
  'late commit fenced',
  'late commit taken for a partition that had moved',
  'part of a batch committed',
  'batch bisected',
  'runs of a batch in one object',
  'runs of a batch in several keys, for lack of room',
  'part of a batch sent again after a partial response',
  'overlap',
] as const;

/** One of {@link sightings}. */
export type Sighting = (typeof sightings)[number];

/** What happened in one schedule, as readable steps, and what of note was seen. */
export class Journal {
  readonly lines: string[] = [];
  readonly seen = new Map<Sighting, number>();
  /** Steps so far. */
  steps = 0;

  /** Says what the steps that follow are. */
  head(text: string): void {
    this.lines.push(text);
  }

  /** Begins a step. */
  step(text: string): void {
    this.steps += 1;
    this.lines.push(`${this.steps}. ${text}`);
  }

  /** Adds what came of the step. */
  note(text: string): void {
    this.lines.push(`   - ${text}`);
  }

  /** Counts something of note. */
  saw(sighting: Sighting, times = 1): void {
    if (times > 0) this.seen.set(sighting, (this.seen.get(sighting) ?? 0) + times);
  }
}
