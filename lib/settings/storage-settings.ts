/**
 * Settings of the archive bucket: the storage class of new objects, and the lifecycle of old ones.
 *
 * @module
 */
import { storageClasses } from '../../lambda/contract.ts';
import { choice, jsonFields, jsonObject, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/**
 * The classes that objects can move to, each colder than the one before. S3 moves objects in this
 * direction only: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
const colderClasses = [
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;

/** One of {@link colderClasses}. */
export type ColderClass = (typeof colderClasses)[number];

/** Days for which a version that was deleted or overwritten can be restored, unless the settings say otherwise. */
export const DEFAULT_NONCURRENT_VERSION_DAYS = 90;

/** Days that an object must stay in STANDARD before it moves to STANDARD_IA, and there before it moves on. */
const STANDARD_IA_DAYS = 30;

// S3 accepts any positive integer.
const days = () => wholeNumber({ min: 1, max: 36_500 });

const archiveTransitions = jsonFields(
  {
    STANDARD_IA: days().optional(),
    INTELLIGENT_TIERING: days().optional(),
    GLACIER_IR: days().optional(),
    GLACIER: days().optional(),
    DEEP_ARCHIVE: days().optional(),
  } satisfies Record<ColderClass, unknown>,
  '{"GLACIER_IR":90}',
);

/** The archive bucket. */
export const storageSettings = {
  storageClass: choice(storageClasses)
    .default('STANDARD')
    .describe(
      'Storage class of new objects. The other classes cost more per request and charge for a minimum size or time: for small objects that are read, STANDARD is the cheapest.',
    ),
  archiveTransitions: jsonObject(archiveTransitions)
    .optional()
    .meta({
      description: `Days after which objects move to colder storage classes, such as {"GLACIER_IR": 90, "DEEP_ARCHIVE": 365}; the classes are ${colderClasses.join(', ')}. Objects in GLACIER and DEEP_ARCHIVE must be restored before they can be read. S3 does not move objects under 128 KB.`,
      unset: 'objects keep their class',
    }),
  archiveExpirationDays: days().optional().meta({
    description:
      'Days after which an archived object expires. It can be restored for another `noncurrentVersionDays`.',
    unset: 'no object expires',
  }),
  noncurrentVersionDays: days()
    .default(DEFAULT_NONCURRENT_VERSION_DAYS)
    .describe(
      'Days for which an archived object that was deleted or overwritten can be restored. The functions neither delete nor overwrite objects.',
    ),
};

type Given = SettingsOf<typeof storageSettings>;

/** The move of objects to a colder class. */
export interface Transition {
  readonly name: ColderClass;
  /** Days since the object was stored. */
  readonly days: number;
}

/** Reports storage settings that do not go together. */
export function checkStorage(report: SettingReport<Given>): void {
  if (!report.isSound('storageClass', 'archiveTransitions')) return;
  const transitions = toTransitions(report.given);
  checkOrder(report, transitions);
  const { archiveExpirationDays: expiration } = report.given;
  const last = transitions.at(-1)?.days ?? 0;
  if (expiration === undefined || expiration > last) return;
  if (!report.isSound('archiveExpirationDays')) return;
  report.refuse('archiveExpirationDays', `be more than ${last} with these archiveTransitions`);
}

/** The transitions that are set, to ever colder classes. */
export function toTransitions({ archiveTransitions: set = {} }: Given): Transition[] {
  return colderClasses.flatMap((name) => {
    const days = set[name];
    return days === undefined ? [] : [{ name, days }];
  });
}

function checkOrder(report: SettingReport<Given>, transitions: readonly Transition[]): void {
  const { storageClass } = report.given;
  const fromWarmest: readonly string[] = ['STANDARD', ...colderClasses];
  let before: { readonly name: string; readonly days: number } = { name: storageClass, days: 0 };
  for (const transition of transitions) {
    const { name, days } = transition;
    const refuse = (allowed: string): void =>
      report.report('archiveTransitions', `must ${allowed}, got ${days} for ${name}`);
    if (fromWarmest.indexOf(name) <= fromWarmest.indexOf(storageClass)) {
      refuse(`have only classes colder than storageClass '${storageClass}'`);
      return;
    }
    const wait = [name, before.name].includes('STANDARD_IA') ? STANDARD_IA_DAYS : 1;
    const least = before.days + wait;
    if (days < least) {
      refuse(
        `move objects to ${name} after ${least} days or more (they are in ${before.name} from day ${before.days})`,
      );
      return;
    }
    before = transition;
  }
}
