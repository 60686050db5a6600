import type { Step } from '../step.ts';
import { beforeDeployment } from './before-deployment.ts';
import { deployed } from './deployed.ts';

/** Every step, in order: first the questions on which the design stands, which need no deployment of it. */
export const steps: readonly Step[] = [...beforeDeployment, ...deployed];
