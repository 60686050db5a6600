/**
 * Settings of the archive bucket: how new objects are stored, and what becomes of old ones.
 *
 * @module
 */
import { lifecycleRanges, storageClasses } from '../../lambda/contract.ts';
import { choice, jsonFields, jsonObject, wholeNumber } from './setting-forms.ts';
import { areSound, type Given, type Refinement, report } from './setting-report.ts';

/**
 * What objects can go to, each colder than the one before: S3 moves them in this direction only.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
export const colderClasses = [
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;

/** One of {@link colderClasses}. */
export type ColderClass = (typeof colderClasses)[number];

/** Days that an object stays in STANDARD before it goes to STANDARD_IA, and there before it goes on. */
const STANDARD_IA_DAYS = 30;

const days = () => wholeNumber(lifecycleRanges.transition).optional();

const archiveTransitions = jsonFields(
  {
    STANDARD_IA: days(),
    INTELLIGENT_TIERING: days(),
    GLACIER_IR: days(),
    GLACIER: days(),
    DEEP_ARCHIVE: days(),
  } satisfies Record<ColderClass, unknown>,
  '{"GLACIER_IR":90}',
);

/** The schema of each. */
export const storageSettings = {
  storageClass: choice(storageClasses)
    .default('STANDARD')
    .describe(
      'Storage class of new objects. All but STANDARD cost more a request and have a least size or time that is charged: for small objects that are read, STANDARD is the cheapest',
    ),
  archiveTransitions: jsonObject(archiveTransitions)
    .optional()
    .describe(
      `Days after which objects go to colder classes, such as {"GLACIER_IR": 90, "DEEP_ARCHIVE": 365}; of ${colderClasses.join(', ')}. GLACIER and DEEP_ARCHIVE have to be restored before they can be read. S3 leaves objects under 128 KB where they are. None if not set`,
    ),
  archiveExpirationDays: wholeNumber(lifecycleRanges.archiveExpirationDays)
    .optional()
    .describe(
      'Days after which an object of the archive expires; it can be brought back for noncurrentVersionDays more. If not set, none ever does',
    ),
  noncurrentVersionDays: wholeNumber(lifecycleRanges.noncurrentVersionDays)
    .default(lifecycleRanges.noncurrentVersionDays.default)
    .describe(
      'Days for which a version of an archived object that was deleted or overwritten can be brought back. The functions do neither',
    ),
};

/** Reports what of them does not go together. */
export function checkStorage(given: Given, refinement: Refinement): void {
  if (!areSound(refinement, 'storageClass', 'archiveTransitions')) return;
  const transitions = transitionsOf(given.archiveTransitions);
  checkOrder(given, transitions, refinement);
  const { archiveExpirationDays: expiration } = given;
  const last = transitions.at(-1)?.days ?? 0;
  if (expiration === undefined || expiration > last) return;
  if (!areSound(refinement, 'archiveExpirationDays')) return;
  const allowed = `be more than ${last} with these archiveTransitions`;
  report(refinement, 'archiveExpirationDays', `must ${allowed}, got ${expiration}`);
}

/** The transitions that are set, to ever colder classes. */
export function transitionsOf(set: Given['archiveTransitions'] = {}): Transition[] {
  return colderClasses.flatMap((name) => {
    const days = set[name];
    return days === undefined ? [] : [{ name, days }];
  });
}

/** When objects go to a colder class. */
export interface Transition {
  readonly name: ColderClass;
  /** Since the object was stored. */
  readonly days: number;
}

function checkOrder(
  { storageClass }: Given,
  transitions: readonly Transition[],
  refinement: Refinement,
): void {
  // From the warmest on.
  const ranks: readonly string[] = ['STANDARD', ...colderClasses];
  let before: { readonly name: string; readonly days: number } = { name: storageClass, days: 0 };
  for (const transition of transitions) {
    const { name, days } = transition;
    const got = `got ${days} for ${name}`;
    if (ranks.indexOf(name) <= ranks.indexOf(storageClass)) {
      const allowed = `have classes colder than storageClass '${storageClass}' only`;
      report(refinement, 'archiveTransitions', `must ${allowed}, ${got}`);
      return;
    }
    const least =
      before.days +
      (name === 'STANDARD_IA' || before.name === 'STANDARD_IA' ? STANDARD_IA_DAYS : 1);
    if (days < least) {
      const allowed = `move objects to ${name} after ${least} days or more, with ${before.name} from day ${before.days} on`;
      report(refinement, 'archiveTransitions', `must ${allowed}, ${got}`);
      return;
    }
    before = transition;
  }
}
