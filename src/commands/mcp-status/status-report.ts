/** The answer of `GET /mcp/status` as text for people. */
import type { McpStatus, ServerStatus } from '../../contracts/mcp-status.js';
import { adviseOn, toSummary } from '../server-advice.js';
import { toShown, toTextTable } from '../text-table.js';

const titles = [
  ...['server', 'state', 'required', 'breaker', 'latency', 'tools'],
  ...['last success', 'last failure'],
];

/** Lays the answer out in lines: who asked, a row for each server, its tools, and what to do about what is not up. */
export function toStatusReport({ principal, token, servers }: McpStatus, now: number): readonly string[] {
  const who = principal.org === null ? principal.subject : `${principal.subject} of ${principal.org}`;
  const minutes = Math.floor((Date.parse(token.expiresAt) - now) / 60_000);
  return [
    toShown(`${who}; the token ends at ${token.expiresAt}, in ${String(minutes)} minutes`),
    '',
    ...toTextTable([titles, ...servers.map(toRow)]),
    '',
    ...servers.map((server) => toShown(`${server.name}: ${describe(server)}`)),
    '',
    toShown(toSummary(servers)),
  ];
}

function toRow(server: ServerStatus): readonly string[] {
  const { name, state, required, breaker, latencyMs, tools, lastSuccess, lastFailure } = server;
  return [
    ...[name, state, required ? 'yes' : 'no', breaker],
    ...[latencyMs === null ? '-' : `${String(latencyMs)} ms`, String(tools.length)],
    ...[lastSuccess ?? 'never', lastFailure ?? 'never'],
  ];
}

function describe({ state, tools, breaker }: ServerStatus): string {
  if (state === 'up') return tools.length === 0 ? 'offers you no tools' : tools.join(', ');
  const rest =
    breaker === 'open' ? ' It failed again and again, so no request is made to it for a while.' : '';
  return `${adviseOn(state)}${rest}`;
}
