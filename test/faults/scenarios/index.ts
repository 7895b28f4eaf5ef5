import type { Scenario } from '../harness/scenario.ts';
import { catalog } from './catalog.ts';
import { ages, content } from './content.ts';
import { kills } from './kills.ts';
import { lostCheckpoint, recovery } from './recovery.ts';
import { schema } from './schema.ts';
import { storage } from './storage.ts';
import { writers } from './writers.ts';

/** In the order in which the suite runs them. */
export const scenarios: readonly Scenario[] = [
  ...ages,
  ...lostCheckpoint,
  ...kills,
  ...catalog,
  ...storage,
  ...content,
  ...writers,
  ...recovery,
  ...schema,
];
