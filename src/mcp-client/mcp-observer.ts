/** What happens on the MCP side, told as it happens, for metrics: never a person, a token or an argument. */
import type { FailedOutcome, OutcomeName } from '../outcomes.js';
import type { BreakerState } from './server-breaker.js';

/** Why a person’s list of tools is not used any more. */
export type ToolListEnd = 'expired' | 'changed' | 'refused' | 'tool-not-found' | 'replaced';

/** One thing that happened at the server of this name, the key in `mcp-servers.json`. Times are in milliseconds. */
export type McpEvent = { readonly server: string } & (
  | { readonly kind: 'connected'; readonly durationMs: number }
  | { readonly kind: 'connect-failed'; readonly outcome: FailedOutcome['outcome'] }
  /** A client was opened, or closed for whatever reason: as many end as began. */
  | { readonly kind: 'client-opened' | 'client-closed' }
  /** A session that the server had ended was begun anew. */
  | { readonly kind: 'session-renewed' }
  | { readonly kind: 'tools-read'; readonly from: 'memory' | 'server' }
  | { readonly kind: 'tools-forgotten'; readonly reason: ToolListEnd }
  | { readonly kind: 'call-began' }
  | { readonly kind: 'call-ended'; readonly outcome: OutcomeName | 'aborted'; readonly durationMs: number }
  | { readonly kind: 'read-repeated' }
  | { readonly kind: 'breaker-changed'; readonly state: BreakerState }
  /** A credential was not accepted: by the server, HTTP 401 or 403, or by the token service; or it is not for the server. */
  | { readonly kind: 'person-refused'; readonly outcome: FailedOutcome['outcome'] }
);

/** Is told of events; must not throw and must not wait. */
export type McpObserver = (event: McpEvent) => void;

/** Tells nobody. */
export const silentObserver: McpObserver = () => undefined;
