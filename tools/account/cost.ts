import { PRICES_DATE, prices } from '../bench/cost/prices.ts';

/** https://aws.amazon.com/kms/pricing/: $1 a month for each key, prorated hourly. Read on 2026-11-28. */
const KEY_MONTH = 1;
const HOURS_OF_A_MONTH = 730;
/** The alarm topics of two stacks have a key each. */
const KEYS = 2;
/** ASSUMED: no run was ever timed. Most of it is waiting for CloudFormation, mappings and metrics. */
const HOURS = 4;

/** Dollars an hour while everything exists. */
const hourly = prices.eventPollerUnitHour.dollars + (KEYS * KEY_MONTH) / HOURS_OF_A_MONTH;

/** What a run costs, as lines for the user. The cluster is the user's own. */
export const costLines: readonly string[] = [
  `Costs (list prices of us-east-1 of ${PRICES_DATE}; your cluster is not included):`,
  `  one event poller unit in provisioned mode   $${prices.eventPollerUnitHour.dollars} an hour`,
  `  keys of two alarm topics                    $${KEY_MONTH} a month each`,
  '  alarms, metrics, logs, requests, Firehose   less than $0.50 in all (estimated)',
  `A run is expected to need about ${HOURS} hours, so about $${(HOURS * hourly + 0.5).toFixed(2)}. It has never been timed.`,
];

/** What remaining things cost. */
export const leftCost = `What is left can cost up to $${hourly.toFixed(2)} an hour.`;
