/** Where small events of benches come from, a cluster that is not there; full ones have an ARN as long as AWS's. */
export const benchOrigin = {
  topic: 'orders',
  eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/00000000-0',
  bootstrapServers: 'localhost:9098',
  nullStyle: 'null',
} as const;
