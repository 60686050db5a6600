/** A whole number as people read it: `1,500`. */
export function formatCount(count: number): string {
  // Without Intl, whose first use takes longer than to list a thousand objects.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A number of things: `1 record`, `1,500 records`. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
