/** mcp-servers.json: which MCP servers the agents use, how they are reached, and whose credentials they get. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError } from '../errors.js';
import { expandVariables } from './expand-variables.js';
import { mcpServersSchema, type McpServerEntry } from './mcp-servers-schema.js';

/** Whose credentials a server gets. */
export type McpServerAuth =
  /** The user's own token, when `audience` stands in its `aud`. */
  | { readonly mode: 'forward'; readonly audience: string }
  /** A token of the user for this server, exchanged for the user's own. @see RFC 8693 */
  | {
      readonly mode: 'exchange';
      readonly tokenUrl: string;
      readonly audience: string;
      readonly scope?: string | undefined;
      readonly clientId: string;
      readonly clientSecret?: string | undefined;
    }
  /** Fixed headers; for stdio, fixed environment variables. */
  | { readonly mode: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly mode: 'none' };

interface McpServerBase {
  /** The name it has in the file. */
  readonly name: string;
  /** Whether a run stops when this server is down. */
  readonly required: boolean;
  readonly auth: McpServerAuth;
  /** Longest wait for a connection, in milliseconds; 100 to 600 000. */
  readonly connectTimeoutMs: number;
  /** Longest wait for a call's answer, in milliseconds; 100 to 600 000. */
  readonly callTimeoutMs: number;
}

/** A server that is reached by URL. */
export interface HttpMcpServerConfig extends McpServerBase {
  readonly type: 'http' | 'sse';
  readonly url: string;
  /** For `http`: the older transport is tried at the same URL when the server does not know the newer one. */
  readonly fallback?: 'sse' | undefined;
  /** Longest wait for the first word of an answer, in milliseconds; `callTimeoutMs` when left out. */
  readonly headerTimeoutMs?: number | undefined;
  /** Longest silence in an answer that has begun, in milliseconds; `callTimeoutMs` when left out. */
  readonly idleTimeoutMs?: number | undefined;
  /** The most bytes of one answer; 10 MiB when left out. */
  readonly maxAnswerBytes?: number | undefined;
}

/** A server that runs as a child process. */
export interface StdioMcpServerConfig extends McpServerBase {
  readonly type: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether one process serves everybody; else each person has one. */
  readonly shared: boolean;
}

/** One server of the file, with defaults filled in. */
export type McpServerConfig = HttpMcpServerConfig | StdioMcpServerConfig;

/** What {@link parseMcpServers} needs beside the text. */
export interface ParseMcpServersOptions {
  /** The file's name, for errors. */
  readonly file: string;
  /** Where `${NAME}` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Parses the text of mcp-servers.json.
 *
 * @returns the servers in the order of the file.
 * @throws {@link ConfigError} naming the path in the file, e.g. `mcpServers.cloud-platform.url`; never a value.
 */
export function parseMcpServers(text: string, options: ParseMcpServersOptions): readonly McpServerConfig[] {
  const expanded = expandVariables(parseJson(text, options.file), '', options);
  const parsed = mcpServersSchema.safeParse(expanded);
  if (!parsed.success) throw toConfigError(parsed.error, options.file);
  const entries = Object.entries(parsed.data.mcpServers);
  return Object.freeze(entries.map(([name, entry]) => toServer(name, entry)));
}

/** Reads and parses a file as {@link parseMcpServers} does. @throws {@link ConfigError} also when it cannot be read. */
export function loadMcpServers(file: string, env: ParseMcpServersOptions['env']): readonly McpServerConfig[] {
  return parseMcpServers(readFile(file), { file, env });
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('MCP_SERVERS_FILE', `cannot read ${JSON.stringify(file)}; name an existing file.`, {
      cause,
    });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause is left out: a JSON error quotes the text, which may hold a secret.
    throw new ConfigError(file, 'is not JSON; check commas and quotes.');
  }
}

function toConfigError(error: z.ZodError, file: string): ConfigError {
  const [issue] = error.issues;
  const path = issue === undefined || issue.path.length === 0 ? file : issue.path.map(String).join('.');
  const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  return new ConfigError(path, `${message ?? 'is not valid.'} (in ${file})`);
}

function toServer(name: string, entry: McpServerEntry): McpServerConfig {
  const { required, connectTimeoutMs, callTimeoutMs } = entry;
  const base = { name, required, connectTimeoutMs, callTimeoutMs };
  if (entry.type === 'stdio') {
    const { command, args, env, shared, auth } = entry;
    return Object.freeze({ ...base, type: entry.type, command, args, env, shared, auth });
  }
  const { type, url } = entry;
  const remote = { ...base, type, url, auth: toAuth(entry.auth, url) };
  if (entry.type === 'sse') return Object.freeze(remote);
  const { headerTimeoutMs, idleTimeoutMs, maxAnswerBytes, fallback } = entry;
  const limited = { ...remote, headerTimeoutMs, idleTimeoutMs, maxAnswerBytes };
  return Object.freeze(fallback === undefined ? limited : { ...limited, fallback });
}

type HttpEntryAuth = Extract<McpServerEntry, { url: string }>['auth'];

function toAuth(auth: HttpEntryAuth, url: string): McpServerAuth {
  if (auth.mode === 'headers' || auth.mode === 'none') return auth;
  return { ...auth, audience: auth.audience ?? url };
}
