import type { SeenByName, Thing, Values, Verdict } from './step.ts';

/** Where a run works: named by the user, and compared with the credentials before anything else. */
export interface Target {
  readonly account: string;
  readonly region: string;
  /** ARN of the cluster. */
  readonly cluster: string;
  /** Name of the stack, and of the topic; the other stacks have names that begin with it. */
  readonly stack: string;
}

/** How far a step is. */
export interface StepState {
  /** Index of the next action. */
  next: number;
  seen: SeenByName;
  verdict?: Verdict;
}

/**
 * Everything that a run needs to continue after it was killed, as JSON. It contains ids, so it stays out of the
 * repository.
 */
export interface State {
  readonly target: Target;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Commit of this repository. */
  readonly revision: string;
  values: Values;
  /** Names of values that the record must not contain. */
  secrets: readonly string[];
  steps: Record<string, StepState>;
  /** What exists or may exist, in the order of creation. */
  things: readonly Thing[];
}

/** Keeps the state of a run. */
export interface StateStore {
  /** @returns undefined if no run is unfinished */
  load(): State | undefined;
  save(state: State): void;
  remove(): void;
}
