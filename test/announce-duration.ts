/** Says how long `npm test` takes before it starts; run by vitest as a global set-up. */
export function setup(): void {
  console.log('\nUnit and integration tests: about 80 seconds on two idle cores.\n');
}
