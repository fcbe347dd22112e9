/** What is wrong with a run of the suite, or with the tables of what is run. */
import type { LeftOut, Revision, Role, Scenario } from './scenarios.js';
import type { ListedScenario, SuiteResult } from './suite-runner.js';

/** Tells what of a scenario does not hold; nothing when it is green. */
export function findFaults({ excused = {} }: Scenario, { exitCode, checks }: SuiteResult): string[] {
  const faults: string[] = [];
  const unmet = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  for (const { id, name, errorMessage = '' } of unmet)
    if (excused[id] === undefined) faults.push(`${id} (${name}): ${errorMessage}`);
  for (const id of Object.keys(excused))
    if (!unmet.some((check) => check.id === id))
      faults.push(`${id} is excused and holds: take it out of the table`);
  // A scenario that found nothing to check has shown nothing.
  if (!checks.some(({ status }) => status === 'SUCCESS')) faults.push('no check succeeded');
  if (exitCode !== 0 && unmet.length === 0) faults.push(`the suite ended with ${exitCode}`);
  return faults;
}

/** A scenario of a release in a revision. */
export interface Claim {
  readonly role: Role;
  readonly name: string;
  readonly revision: Revision;
}

/** The revisions of a listed scenario that are ours; none for an extension, or a revision before them. */
export function toClaims({ role, name, revisions }: ListedScenario): Claim[] {
  const ours: readonly Revision[] = ['2025-11-25', '2026-07-28'];
  return ours
    .filter((revision) => revisions.includes(revision))
    .map((revision) => ({ role, name, revision }));
}

/** Finds the scenario of the table that a claim belongs to. */
export function findScenario(table: readonly Scenario[], claim: Claim): Scenario | undefined {
  return table.find(
    ({ role, name, revisions }) =>
      role === claim.role && name === claim.name && revisions.includes(claim.revision),
  );
}

/** Tells whether a claim is left out for a reason. */
export function isLeftOut(table: readonly LeftOut[], claim: Claim): boolean {
  return table.some(
    ({ role, names, revision = claim.revision }) =>
      role === claim.role && revision === claim.revision && names.some((name) => matches(name, claim.name)),
  );
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
