import { proveHistory } from './simulated.ts';

const seeds = process.argv.slice(2).map(Number);
let wrong = 0,
  planted = 0,
  found = 0;
for (let s = seeds[0]!; s < seeds[1]!; s++) {
  const p = await proveHistory(s).catch((e) => ({
    planted: 0,
    found: 0,
    wrong: 1,
    problems: [`seed ${s}: ${e.stack}`],
  }));
  planted += p.planted;
  found += p.found;
  wrong += p.wrong;
  for (const t of p.problems) console.log(t.slice(0, 400));
}
console.log(`audit: ${planted} planted, ${found} found, ${wrong} false`);
