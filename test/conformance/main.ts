/**
 * `npm run test:conformance`: the official MCP conformance suite against our client and our platform. It needs the network
 * once, for npm. Without words it runs every scenario of the table; with words those whose line holds all of them.
 */
import type { Scenario } from './scenarios.js';
import { leftOut, scenarios } from './scenarios.js';
import { findFaults, findScenario, isLeftOut, toClaims } from './judge.js';
import { startSignedInPlatform } from './signed-in-platform.js';
import type { Suite, SuiteRun } from './suite-runner.js';
import { installSuite, releases } from './suite-runner.js';

interface PlannedRun extends SuiteRun {
  readonly scenario: Scenario;
}

const client = `${process.execPath} --import tsx test/conformance/client.ts`;
/** A run keeps a core busy while its processes start. */
const atOnce = 2;

const suite = await installSuite();
const words = process.argv.slice(2);
const faults: string[] = [];
const planned = (await plan(suite)).filter((run) => words.every((word) => toLine(run).includes(word)));
if (planned.length === 0) faults.push('no scenario is called so');
let held = 0;
const platform = await startSignedInPlatform();
try {
  const waiting = [...planned];
  const work = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) await carryOut(run);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
} finally {
  await platform.close();
}
if (words.length === 0)
  for (const { role, names, reason } of leftOut) say(`left out, ${role}: ${names.join(', ')}: ${reason}`);
if (faults.length === 0) say(`conformance: ok, ${planned.length} scenarios, ${held} checks`);
else say(`conformance: failed\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Gives every scenario of the table in each release that lists it. */
async function plan({ list }: Suite): Promise<PlannedRun[]> {
  const runs: PlannedRun[] = [];
  for (const release of releases) {
    for (const claim of (await list(release)).flatMap(toClaims)) {
      const scenario = findScenario(scenarios, claim);
      if (scenario !== undefined) runs.push({ release, ...claim, scenario });
      else if (!isLeftOut(leftOut, claim))
        faults.push(`${toLine({ release, ...claim })}: neither run nor left out; decide it in scenarios.ts`);
    }
  }
  for (const { role, name, revisions } of scenarios)
    for (const revision of revisions)
      if (!runs.some((run) => run.role === role && run.name === name && run.revision === revision))
        faults.push(`${role} ${name} in ${revision}: no release has it`);
  return runs;
}

async function carryOut(run: PlannedRun): Promise<void> {
  const result = await suite.run(run, run.role === 'client' ? client : platform.url);
  const found = findFaults(run.scenario, result);
  const passed = result.checks.filter(({ status }) => status === 'SUCCESS').length;
  held += passed;
  const excused = Object.keys(run.scenario.excused ?? {}).length;
  const more = excused === 0 ? '' : `, ${excused} excused`;
  say(`${found.length === 0 ? 'ok    ' : 'FAILED'} ${toLine(run)}: ${passed} checks${more}`);
  if (found.length > 0) say(result.output);
  for (const fault of found) faults.push(`${toLine(run)}: ${fault}`);
}

function toLine({ release, role, name, revision }: SuiteRun): string {
  return `${role} ${name} ${revision} (suite ${release})`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
