/** What a simulated run is made of. Minutes are those since its start. */
export interface Scenario {
  readonly minutes: number;
  readonly topics: readonly TopicTraffic[];
  readonly incidents: readonly Incident[];
}

/** Records of a topic. */
export interface TopicTraffic {
  readonly topic: string;
  readonly partitions: number;
  /** On average, but for {@link peaks}. */
  readonly recordsPerMinute: number;
  /** Bytes of a value, about. */
  readonly valueBytes: number;
  /** Times with more records. */
  readonly peaks?: readonly (Span & { readonly factor: number })[];
}

/** A time of which the end does not belong to it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Something that goes wrong. */
export type Incident =
  /** Lambda refuses the archive function's invocations. */
  | (Span & { readonly kind: 'throttled' })
  /** The archive bucket denies every put. */
  | (Span & { readonly kind: 'puts denied' })
  /** A record comes that is over the payload limit by itself. */
  | { readonly kind: 'oversize'; readonly at: number; readonly topic: string }
  /** All dead letters are put back into the replay queue, as `npm run replay -- redrive` does. */
  | { readonly kind: 'redrive'; readonly at: number };

/** Two hours in which the archive keeps up, falls behind, catches up, fails, and is replayed. */
export const TWO_HOURS: Scenario = {
  minutes: 120,
  topics: [
    {
      ...{ topic: 'clicks', partitions: 4, recordsPerMinute: 450, valueBytes: 300 },
      peaks: [{ from: 20, to: 35, factor: 2.5 }],
    },
    { topic: 'orders', partitions: 2, recordsPerMinute: 160, valueBytes: 900 },
    { topic: 'payments', partitions: 2, recordsPerMinute: 60, valueBytes: 500 },
  ],
  incidents: [
    { kind: 'throttled', from: 45, to: 65 },
    { kind: 'puts denied', from: 82, to: 92 },
    { kind: 'redrive', at: 100 },
    { kind: 'oversize', at: 108, topic: 'orders' },
  ],
};

/** What happens in a run, a line each; times are those of `clockOf`, which is told minutes. */
export function describeScenario(
  { incidents, topics }: Scenario,
  clockOf: (minute: number) => string,
): readonly string[] {
  const peaks = topics.flatMap(({ peaks = [], topic }) =>
    peaks.map(({ factor, from, to }) => {
      return {
        from,
        text: `${clockOf(from)}–${clockOf(to)} ${topic} has ${factor} times the records`,
      };
    }),
  );
  const all = incidents.map((incident) => {
    const from = 'at' in incident ? incident.at : incident.from;
    const until = 'to' in incident ? `–${clockOf(incident.to)}` : '';
    return { from, text: `${clockOf(from)}${until} ${whatHappens(incident)}` };
  });
  return [...peaks, ...all].sort((a, b) => a.from - b.from).map(({ text }) => text);
}

function whatHappens(incident: Incident): string {
  switch (incident.kind) {
    case 'throttled':
      return 'Lambda throttles the archive function';
    case 'puts denied':
      return 'the archive bucket denies every put';
    case 'redrive':
      return 'somebody redrives the dead letters';
    case 'oversize':
      return `a record of ${incident.topic} is over the payload limit`;
  }
}
