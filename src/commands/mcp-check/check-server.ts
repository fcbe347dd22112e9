/** Tries one MCP server as one person: connects, lists the tools, and says how long it took or why it did not work. */
import type { McpServerConfig } from '../../config/mcp-servers.js';
import {
  findAnswerFailure,
  isBrokenConnection,
  statusOf,
  toFailedCall,
  toOutcomeError,
} from '../../mcp-client/call-failure.js';
import type { ClientPool } from '../../mcp-client/client-pool.js';
import type { Credential } from '../../mcp-client/credential.js';
import type { AnswerFailure } from '../../mcp-client/fetch/answer-failure.js';
import { findCause } from '../../mcp-client/find-cause.js';
import { listTools } from '../../mcp-client/list-tools.js';
import type { ToolCatalog, ToolCatalogs } from '../../mcp-client/tool-catalog.js';
import type { OutcomeError } from '../../outcomes.js';

/** Of Node: of a system call or a certificate; and the SDK’s own of a connection or process that ended. */
const systemCode =
  /^(?:E[A-Z]{3,20}|CERT_[A-Z_]{3,40}|[A-Z_]{3,40}_CERT(?:_[A-Z_]{3,40})?|UNABLE_TO_[A-Z_]{3,40}|CONNECTION_CLOSED)$/;

const answerReasons: Readonly<Record<AnswerFailure, string>> = {
  lost: 'it ended before it answered',
  silent: 'no answer in time',
  'too-large': 'an answer larger than maxAnswerBytes',
  unreadable: 'something that is no message of MCP',
  malformed: 'a message that is no answer',
};

/** What came of it. */
export interface ServerCheck {
  readonly name: string;
  readonly type: McpServerConfig['type'];
  /** `up`, or the outcome that a run would meet. */
  readonly state: string;
  readonly required: boolean;
  /** Time to connect, in milliseconds; null when that did not work. */
  readonly connectMs: number | null;
  /** Time to list the tools, in milliseconds. */
  readonly listMs: number | null;
  /** The tools that can be used. */
  readonly tools: readonly string[];
  /** How many more were listed that cannot; the log says which and why. */
  readonly unusable: number;
  /** Why it is not up. */
  readonly fault?: string | undefined;
}

/** Which server, as whom. */
export interface CheckedServer {
  readonly server: McpServerConfig;
  readonly credential: Credential;
  readonly pool: ClientPool;
  readonly catalogs: ToolCatalogs;
}

/** What is told, and the tools themselves; undefined when the server is not up. */
export interface CheckedTools {
  readonly check: ServerCheck;
  readonly catalog: ToolCatalog | undefined;
}

/** Tries a server within the deadlines of its entry. Never throws. */
export async function checkServer(checked: CheckedServer): Promise<CheckedTools> {
  const { server, credential, pool, catalogs } = checked;
  const { name, type, required } = server;
  const startedAt = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  const reached: { connectMs: number | null } = { connectMs: null };
  try {
    const { tools: listed } = await pool.lend({
      server,
      credential,
      isBroken: isBrokenConnection,
      isRead: true,
      use: (client, timeoutMs) => {
        reached.connectMs = elapsedMs();
        return listTools({ client, server: name, timeoutMs });
      },
    });
    const listMs = elapsedMs() - (reached.connectMs ?? 0);
    const catalog = await catalogs(name, pool.keepUsable(name, listed));
    const tools = [...catalog.tools.keys()];
    const unusable = listed.length - tools.length;
    const check = { name, type, state: 'up', required, ...reached, listMs, tools, unusable };
    return { check, catalog };
  } catch (error) {
    const failure = toOutcomeError(error, toFailedCall(server, false));
    const nothing = { ...reached, listMs: null, tools: [], unusable: 0, fault: toFault(failure) };
    const check = { name, type, state: failure.failure.outcome, required, ...nothing };
    return { check, catalog: undefined };
  }
}

/** Words of our own, and of the error what comes from a closed set: never what a server wrote. */
function toFault(error: OutcomeError): string {
  const { outcome, message, retryAfterMs } = error.failure;
  const reason = toReason(error);
  // Its sentence is for somebody whose call failed; here it is the operator who asks.
  if (outcome === 'unavailable' && retryAfterMs === undefined) {
    return reason === undefined ? 'It cannot be used now.' : `It cannot be used now: ${reason}.`;
  }
  if (message !== undefined) return message;
  return reason === undefined ? 'Its answer is not one of MCP.' : `It answers with ${reason}.`;
}

function toReason(error: OutcomeError): string | undefined {
  const status = statusOf(error);
  if (status !== undefined) return `HTTP ${String(status)}`;
  const failure = findAnswerFailure(error);
  if (failure !== undefined) return answerReasons[failure];
  if (findCause(error, (cause): cause is Error => cause.name === 'TimeoutError')) return answerReasons.silent;
  const code = findCause(error, (cause): cause is Error & { code: string } => isSystemCode(cause))?.code;
  return code === 'CONNECTION_CLOSED' ? answerReasons.lost : code;
}

function isSystemCode(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && systemCode.test(error.code);
}
