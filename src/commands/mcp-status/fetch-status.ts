/** Asks an agent server for `GET /mcp/status`. */
import type { BearerToken } from '../../auth/bearer-token.js';
import type { McpStatus } from '../../contracts/mcp-status.js';
import { mcpStatus } from '../../contracts/mcp-status.js';
import { ConfigError } from '../../errors.js';

/** Longest wait in milliseconds: the agent server itself waits for each MCP server as long as its entry says. */
const waitMs = 240_000;

/**
 * Asks as the token’s owner.
 *
 * @throws {@link ConfigError} naming AGENT_SERVER_URL when nothing answers there, refuses the token, or answers with
 * something else.
 */
export async function fetchStatus(agentServerUrl: string, token: BearerToken): Promise<McpStatus> {
  const response = await ask(agentServerUrl, token);
  if (response.status === 401) {
    throw wrongServer(
      agentServerUrl,
      'refuses the token; use the keys that it verifies with: the same DATA_DIR, or a token from its issuer.',
    );
  }
  const body: unknown = await response.json().catch(() => undefined);
  const status = mcpStatus.safeParse(body);
  if (status.success) return status.data;
  const answered = `answers GET /mcp/status with ${String(response.status)} and no status; name an agent server.`;
  throw wrongServer(agentServerUrl, answered);
}

async function ask(agentServerUrl: string, token: BearerToken): Promise<Response> {
  try {
    return await fetch(`${agentServerUrl.replace(/\/+$/, '')}/mcp/status`, {
      headers: { authorization: `Bearer ${token.reveal()}` },
      // A token goes nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(waitMs),
    });
  } catch (cause) {
    throw wrongServer(
      agentServerUrl,
      'does not answer; start it with npm start, or name another address.',
      cause,
    );
  }
}

function wrongServer(url: string, fault: string, cause?: unknown): ConfigError {
  return new ConfigError('AGENT_SERVER_URL', `the agent server at ${url} ${fault}`, { cause });
}
