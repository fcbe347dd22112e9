/** What came of trying every server, as text for people. */
import { adviseOn, toSummary } from '../server-advice.js';
import { toShown, toTextTable } from '../text-table.js';
import type { ContractCheck } from './check-contracts.js';
import type { ServerCheck } from './check-server.js';

const titles = ['server', 'type', 'state', 'required', 'connect', 'list', 'tools'];

const contractTitles = ['tool of the agents', 'contract', 'server', 'generation'];

/** What was found. */
export interface CheckFindings {
  /** As whom. */
  readonly who: string;
  readonly servers: readonly ServerCheck[];
  readonly contracts: readonly ContractCheck[];
}

/**
 * Lays the findings out in lines: a row for each server and what to do about what is not up, a row for each tool that
 * the agents use and what differs.
 */
export function toCheckReport({ who, servers, contracts }: CheckFindings): readonly string[] {
  const notes = contracts.flatMap(({ tool, notes: ofTool }) => ofTool.map((note) => `${tool}: ${note}`));
  const broken = contracts.filter(({ contract }) => contract === 'broken').map(({ tool }) => tool);
  return [
    toShown(who),
    '',
    ...toTextTable([titles, ...servers.map(toRow)]),
    '',
    ...servers.map((server) => toShown(`${server.name}: ${describe(server)}`)),
    '',
    ...toTextTable([contractTitles, ...contracts.map(toContractRow)]),
    ...(notes.length === 0 ? [] : ['', ...notes.map(toShown)]),
    '',
    toShown(toSummary(servers)),
    ...(broken.length === 0 ? [] : [`contract broken, nothing is sent: ${broken.join(', ')}`]),
  ];
}

function toContractRow({ tool, contract, server, generation }: ContractCheck): readonly string[] {
  return [tool, contract, server ?? '-', generation ?? '-'];
}

function toRow({ name, type, state, required, connectMs, listMs, tools }: ServerCheck): readonly string[] {
  const times = [connectMs, listMs].map((time) => (time === null ? '-' : `${String(time)} ms`));
  return [name, type, state, required ? 'yes' : 'no', ...times, String(tools.length)];
}

function describe({ state, tools, unusable, fault = '' }: ServerCheck): string {
  if (state !== 'up') return `${fault} ${adviseOn(state)}`;
  const left = unusable === 0 ? '' : `; ${String(unusable)} more cannot be used, the log says why`;
  return `${tools.length === 0 ? 'offers no tools to this person' : tools.join(', ')}${left}`;
}
