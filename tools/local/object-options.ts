import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import {
  type ByteEncoding,
  byteEncodings,
  type ObjectForm,
  objectForms,
  type TopicEncodings,
} from '../../lambda/contract.ts';

/** The form of objects and lines. */
export interface ObjectOptions {
  readonly objectOf: ObjectForm;
  readonly keyEncoding: TopicEncodings;
  readonly valueEncoding: TopicEncodings;
}

/** Adds the flags that say how objects and lines are formed. */
export function withObjects<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return command
    .addOption(
      new Option(
        '--object-of <form>',
        'what shares an object: all partitions of a batch, or the records of one partition',
      )
        .choices(objectForms)
        .default('batch' as const),
    )
    .addOption(encoding('--key-encoding <name>', 'encoding of keys in lines'))
    .addOption(encoding('--value-encoding <name>', 'encoding of values in lines'));
}

function encoding<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).choices(byteEncodings).default('auto' as const);
}

/** Values of the flags that {@link withObjects} adds. */
export interface ObjectValues {
  readonly objectOf: ObjectForm;
  readonly keyEncoding: ByteEncoding;
  readonly valueEncoding: ByteEncoding;
}

/** Reads the form that the flags describe, which is the same for every topic. */
export function readObjectOptions({
  keyEncoding,
  objectOf,
  valueEncoding,
}: ObjectValues): ObjectOptions {
  return { objectOf, keyEncoding: { '*': keyEncoding }, valueEncoding: { '*': valueEncoding } };
}
