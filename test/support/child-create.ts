/** Runs {@link runCreate} in a process of its own, told on stdin: no token stands in the process arguments. */
import { text } from 'node:stream/consumers';
import type { CreateRun } from './create-run.js';
import { runCreate } from './create-run.js';

// The parent process wrote it.
const run = JSON.parse(await text(process.stdin)) as CreateRun;
process.stdout.write(JSON.stringify(await runCreate(run)));
