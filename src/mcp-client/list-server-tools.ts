/** Asks one server, as one person, what it offers. */
import { isBrokenConnection, toFailedCall, toOutcomeError } from './call-failure.js';
import { listTools } from './list-tools.js';
import type { LiveToolSource } from './send-call.js';
import type { ToolCatalog, ToolCatalogs } from './tool-catalog.js';

/** What a server offers a person, and for how long it says so. */
export interface ListedTools {
  readonly catalog: ToolCatalog;
  /** In milliseconds; undefined where the server does not say. @see MCP 2026-07-28, "Caching" */
  readonly ttlMs: number | undefined;
}

/** Lists a server’s tools, all pages. @throws {@link OutcomeError} */
export async function listServerTools(
  { pool, onListEnd: _onListEnd, observer: _observer, ...borrower }: LiveToolSource,
  catalogs: ToolCatalogs,
): Promise<ListedTools> {
  const { server } = borrower;
  try {
    const { tools, ttlMs } = await pool.lend({
      ...borrower,
      isBroken: isBrokenConnection,
      isRead: true,
      use: (client, timeoutMs) => listTools({ client, server: server.name, timeoutMs }),
    });
    return { catalog: await catalogs(server.name, pool.keepUsable(server.name, tools)), ttlMs };
  } catch (error) {
    throw toOutcomeError(error, toFailedCall(server, false));
  }
}
