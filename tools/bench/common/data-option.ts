import { Option } from '@commander-js/extra-typings';
import { dataSets } from '../events.ts';

/** The flag that selects the data set of a benchmark's events. */
export function dataOption() {
  return new Option('--data <set>', 'values: generated orders, or text of declaration files')
    .choices(dataSets)
    .default(dataSets[0]);
}
