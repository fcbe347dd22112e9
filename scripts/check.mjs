// Runs every check beside the tests and the demo, and stops at the first claim that does not hold.
import { spawnSync } from 'node:child_process';

const steps = [
  ['Every file is formatted', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['No lint rule is broken', 'eslint', ['.', '--max-warnings', '0']],
  ['Every type holds', 'tsc', ['-p', '.']],
  ['Imports keep to the table', 'vitest', ['run', 'test/architecture.test.ts']],
  ['Documents agree with the code', 'vitest', ['run', 'test/documents.test.ts']],
  ['The library builds', 'tsc', ['-p', 'tsconfig.build.json', '--noEmit']],
];

for (const [claim, command, args] of steps) {
  const began = performance.now();
  const { status } = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'holds' : 'FAILS'}  ${claim} (${seconds} s)\n`);
  if (status !== 0) process.exit(1);
}
console.log('check: ok');
