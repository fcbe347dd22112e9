/** What an operator does about a server that is not up. */

const advice: Readonly<Record<string, string>> = {
  unavailable:
    'Start it, or correct its url or command; the timeouts of its entry bound how long it is waited for.',
  unauthenticated: 'Look at auth.mode and auth.audience of its entry, and sign in for that audience.',
  'token-expired': 'Get a new token.',
  'permission-denied': 'The token lacks a scope, or the server refuses this host name.',
  contract: 'Look at url and auth of its entry: what answers there is not the MCP server that it should be.',
};

/** The next step for a state other than `up`. */
export function adviseOn(state: string): string {
  const known = Object.hasOwn(advice, state) ? advice[state] : undefined;
  return known ?? 'Look at its entry in mcp-servers.json, and at the log of the server.';
}

/** What both commands say about a server. */
export interface KnownServer {
  readonly name: string;
  readonly state: string;
  readonly required: boolean;
}

/** Whether the agents can work: every required server is up. */
export function areRequiredUp(servers: readonly KnownServer[]): boolean {
  return servers.every(({ state, required }) => state === 'up' || !required);
}

/** The last line of a report. */
export function toSummary(servers: readonly KnownServer[]): string {
  const up = servers.filter(({ state }) => state === 'up').length;
  const missing = servers.filter(({ state, required }) => state !== 'up' && required);
  const names = missing.map(({ name }) => name).join(', ');
  const verdict = names === '' ? 'every required one is' : `required and not up: ${names}`;
  return `${String(up)} of ${String(servers.length)} servers up; ${verdict}`;
}
