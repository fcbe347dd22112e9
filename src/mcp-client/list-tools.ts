/** Lists what a server offers, page by page, within bounds; what comes of it is the whole list or nothing. */
import type { Client, ListToolsResult, Tool } from '@modelcontextprotocol/client';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import { OutcomeError } from '../outcomes.js';

/** How much one server may list. */
export interface ToolListBounds {
  readonly maxPages: number;
  readonly maxTools: number;
  /** Of all definitions together, in characters of JSON. */
  readonly maxSize: number;
}

const defaultBounds: ToolListBounds = { maxPages: 50, maxTools: 5000, maxSize: 20_000_000 };

/** What is asked. */
export interface ToolListing {
  readonly client: Pick<Client, 'request' | 'getServerCapabilities'>;
  /** The server’s name, for the sentence. */
  readonly server: string;
  /** Longest wait for all pages together, in milliseconds. */
  readonly timeoutMs: number;
  readonly bounds?: ToolListBounds | undefined;
}

/** What was listed. */
export interface ToolList {
  readonly tools: readonly Tool[];
  /** How long it may be used, in milliseconds, where the server says so: the shortest of all pages. */
  readonly ttlMs: number | undefined;
}

/**
 * Lists the tools of all pages. A cursor that came before ends the list: what follows it is known.
 *
 * @throws {@link OutcomeError} `contract` for a server that lists more than the bounds; what a page’s request throws.
 * @see MCP 2025-11-25, "Pagination"
 */
export async function listTools(listing: ToolListing): Promise<ToolList> {
  const { client, server, timeoutMs, bounds = defaultBounds } = listing;
  if (client.getServerCapabilities()?.tools === undefined) return { tools: [], ttlMs: undefined };
  const endsAt = performance.now() + timeoutMs;
  const tools: Tool[] = [];
  const cursors = new Set<string>();
  let ttlMs: number | undefined;
  let size = 0;
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const timeout = Math.max(1, Math.ceil(endsAt - performance.now()));
    const params = cursor === undefined ? {} : { params: { cursor } };
    const page = await client.request({ method: 'tools/list', ...params }, { timeout }).catch(noneForUnknown);
    tools.push(...page.tools);
    ttlMs = shorter(ttlMs, page['ttlMs']);
    size += JSON.stringify(page.tools).length;
    if (tools.length > bounds.maxTools) throw tooMuch(server, `${String(bounds.maxTools)} tools`);
    if (size > bounds.maxSize) throw tooMuch(server, `${String(bounds.maxSize)} characters of tools`);
    cursor = page.nextCursor;
    if (cursor === undefined || cursors.has(cursor)) return { tools, ttlMs };
    if (pages >= bounds.maxPages) throw tooMuch(server, `${String(bounds.maxPages)} pages of tools`);
    cursors.add(cursor);
  }
}

// Widened, because an error’s code may be any number and not only one of the enum’s.
const methodNotFoundCode: number = ProtocolErrorCode.MethodNotFound;

/** A server that does not know the method offers no tools, to this person at least. */
function noneForUnknown(error: unknown): ListToolsResult {
  if (error instanceof ProtocolError && error.code === methodNotFoundCode) return { tools: [] };
  throw error;
}

/** The shorter of two times; what is no time says nothing. */
function shorter(known: number | undefined, told: unknown): number | undefined {
  if (typeof told !== 'number' || !(told >= 0)) return known;
  return known === undefined ? told : Math.min(known, told);
}

function tooMuch(server: string, bound: string): OutcomeError {
  return new OutcomeError({
    outcome: 'contract',
    message: `The server "${server}" lists more than ${bound}; an administrator must look at it.`,
  });
}
