import type { Incident, Scenario } from './scenario.ts';

type During = Extract<Incident, { readonly from: number }>['kind'];
type Moment = Extract<Incident, { readonly at: number }>['kind'];

/** Whether a minute, of which there may be a part, is in an incident of a kind. */
export function isDuring({ incidents }: Scenario, kind: During, minute: number): boolean {
  return incidents.some(
    (each) => 'from' in each && each.kind === kind && minute >= each.from && minute < each.to,
  );
}

/** Incidents of a kind that come at a minute. */
export function incidentsAt<Kind extends Moment>(
  { incidents }: Scenario,
  kind: Kind,
  minute: number,
): readonly Extract<Incident, { readonly kind: Kind }>[] {
  return incidents.filter(
    (each): each is Extract<Incident, { readonly kind: Kind }> =>
      'at' in each && each.kind === kind && each.at === minute,
  );
}
