import { afterAll } from 'vitest';
import { removeStacks } from './synthesize.ts';

// A set-up file of vitest, run for each test file: files that share a process load synthesize.ts only once.
afterAll(removeStacks);
