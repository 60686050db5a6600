import type { Offsets } from '../../../kafka/record.ts';
import type { BatchRecord, EventOrigin } from '../../../lambda/core/record/mapping-event.ts';
import type { EmulatorClock } from './clock.ts';
import type { DiscardCondition, InvokeOutcome } from './retry-policy.ts';
import type { MappingSettings } from './settings.ts';
import type { Source } from './source.ts';

/** What a mapping does, for observers; reported in order. */
export type MappingEvent =
  | {
      readonly type: 'invoked';
      readonly records: number;
      /** Size of the event. */
      readonly bytes: number;
      readonly milliseconds: number;
      readonly outcome: InvokeOutcome;
    }
  | { readonly type: 'committed'; readonly offsets: Offsets }
  /** Retried; the offsets may have been committed nevertheless. */
  | { readonly type: 'commit failed' }
  | { readonly type: 'destination failed'; readonly attempt: number }
  | (Discard & { readonly type: 'discarded'; readonly delivered: boolean });

/** Records that were given up. */
export interface Discard {
  readonly condition: DiscardCondition;
  readonly records: readonly BatchRecord[];
  /** Attempts that counted towards the retry limit. */
  readonly invokes: number;
}

/** Dependencies of a mapping. */
export interface MappingDeps {
  readonly source: Source;
  /** Invokes the function with an event as JSON text. */
  readonly invoke: (event: string) => Promise<InvokeOutcome>;
  /** The on-failure destination. If it rejects, the records are dropped, as by the service. */
  readonly onFailure?: (discard: Discard) => Promise<void>;
  readonly clock: EmulatorClock;
  readonly observe: (event: MappingEvent) => void;
  readonly origin: EventOrigin;
  readonly settings: MappingSettings;
}
