/** A real platform behind a real HTTP server on loopback, tokens for it, and real MCP clients. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { silentLogger } from '../../src/logger.js';
import {
  startPlatformServer,
  type PlatformServer,
  type PlatformServerOptions,
} from '../../src/mcp-server/http.js';
import type { PlatformOptions } from '../../src/platform/platform.js';
import { openTestPlatform, type TestPlatform } from './test-platform.js';
import { createTokenIssuer, type TokenIssuer } from '../../src/testing/token-issuer.js';

export const audience = 'http://127.0.0.1:8090/mcp';

export interface RunningPlatform extends TestPlatform {
  readonly server: PlatformServer;
  readonly origin: string;
  readonly tokens: TokenIssuer;
  token(person: string, claims?: Readonly<Record<string, unknown>>): string;
  /** Connects a client in one of the two eras. */
  client(person: string, era?: Era): Promise<Client>;
  /** Sends one JSON-RPC request of the older era. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export type Era = 'auto' | 'legacy';

interface RunOptions {
  readonly platform?: Partial<PlatformOptions>;
  readonly server?: Partial<PlatformServerOptions>;
}

const organizations: Readonly<Record<string, string>> = { carol: 'globex' };

export async function runPlatform(options: RunOptions = {}): Promise<RunningPlatform> {
  const tokens = createTokenIssuer([audience]);
  const test = await openTestPlatform(options.platform);
  const verifier = createTokenVerifier({ issuer: tokens.issuer, audience, keys: tokens.keys });
  const server = await startPlatformServer({
    platform: test.platform,
    logger: options.platform?.logger ?? silentLogger,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
    allowedOrigins: ['https://app.example.com'],
    accessFor: () => ({ verifier, audience, issuer: tokens.issuer }),
    ...options.server,
  });
  const token = (person: string, claims: Readonly<Record<string, unknown>> = {}): string =>
    tokens.token(person, { org: organizations[person] ?? 'acme', ...claims });
  const clients: Client[] = [];
  return {
    ...test,
    server,
    tokens,
    token,
    origin: new URL(server.url).origin,
    client: async (person, era = 'auto') => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } });
      const headers = { Authorization: `Bearer ${token(person)}` };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }),
      );
      clients.push(client);
      return client;
    },
    post: (body, headers = {}) =>
      fetch(server.url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          Authorization: `Bearer ${token('alice')}`,
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      await test.close();
    },
  };
}

/** The JSON of a tool result's one text block, and whether it tells a failure. */
export function readResult(result: unknown): { value: unknown; isError: boolean } {
  const { content, isError = false } = result as {
    content: { type: string; text: string }[];
    isError?: boolean;
  };
  const [block] = content;
  if (content.length !== 1 || block?.type !== 'text') throw new Error('The result is not one text block.');
  return { value: JSON.parse(block.text) as unknown, isError };
}

export function toolCall(name: string, input: unknown): Record<string, unknown> {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } };
}
