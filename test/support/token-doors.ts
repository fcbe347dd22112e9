/** The three doors that tokens come in by, all asking for the same issuer and audience, and HTTP as it is on the wire. */
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.js';
import { jwksKeys, type VerificationKeys } from '../../src/auth/verification-keys.js';
import { createLogger } from '../../src/logger.js';
import type { TestAgentServer } from './agent-server.js';
import { startAgentServer } from './agent-server.js';
import type { RunningPlatform } from './platform-server.js';
import { runPlatform } from './platform-server.js';
import type { TableIssuer } from './table-issuer.js';
import { doorAudience } from './table-issuer.js';
import { makeFolder } from './test-platform.js';

/** One line that a door wrote about a request it refused. */
export interface LoggedRefusal {
  readonly status: number;
  readonly reason: string | undefined;
}

/** A door over HTTP. */
export interface HttpDoor {
  /** Sends the smallest request that needs a person, with these header lines and nothing about who sends it. */
  ask(headers: readonly string[], options?: AskOptions): Promise<WireAnswer>;
  /** The reason that its log gives for a request without credentials. */
  readonly missing: string | undefined;
  /** The refusals in the operator’s log so far; those of another process are complete once it has ended. */
  refusals(): LoggedRefusal[];
  /** Everything that the door wrote. */
  output(): string;
}

/** How a request differs from the smallest one. */
export interface AskOptions {
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An agent server that trusts the issuer alone. */
export interface AgentDoor extends HttpDoor {
  readonly server: TestAgentServer;
  /** Ends the process, after which its output is whole. */
  stop(): Promise<void>;
}

/** A platform that trusts the issuer alone. */
export interface PlatformDoor extends HttpDoor {
  readonly platform: RunningPlatform;
}

/** What a door of this process may be given in the place of the issuer’s key set and the machine’s time. */
export interface DoorOptions {
  readonly keys?: VerificationKeys | undefined;
  readonly clock?: (() => number) | undefined;
}

/** The verifier of a door of this process. */
export function doorVerifier({ issuer, jwks }: TableIssuer, options: DoorOptions): TokenVerifier {
  const { keys = jwksKeys(jwks), clock } = options;
  return createTokenVerifier({ issuer, audience: doorAudience, keys, clock });
}

/** Starts the agent server, in its own process. */
export async function openAgentDoor(
  issuer: TableIssuer,
  env: Readonly<Record<string, string>> = {},
): Promise<AgentDoor> {
  const dataDir = makeFolder();
  const file = join(dataDir, 'table-jwks.json');
  await writeFile(file, JSON.stringify(issuer.jwks));
  const server = await startAgentServer({
    dataDir,
    env: {
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: doorAudience,
      PLATFORM_AUDIENCE: doorAudience,
      LOG_LEVEL: 'debug',
      ...(env['AUTH_JWKS_URL'] === undefined ? { AUTH_JWKS_FILE: file } : {}),
      ...env,
    },
  });
  let ended: string | undefined;
  const output = (): string => ended ?? server.output();
  return {
    server,
    ask: (headers, options) => sendOverWire(`${server.url()}/threads`, { headers, ...options }),
    output,
    missing: undefined,
    refusals: () => readRefusals(output(), 'auth.refused'),
    stop: async () => {
      const { stdout, stderr } = await server.stop();
      ended = `${stdout}\n${stderr}`;
    },
  };
}

/** Starts the platform in this process. */
export async function openPlatformDoor(
  issuer: TableIssuer,
  options: DoorOptions = {},
): Promise<PlatformDoor> {
  const lines: string[] = [];
  const logger = createLogger({ format: 'json', level: 'debug', write: (line) => lines.push(line) });
  const verifier = doorVerifier(issuer, options);
  const platform = await runPlatform({
    platform: { logger },
    server: { accessFor: () => ({ verifier, audience: doorAudience, issuer: issuer.issuer }) },
  });
  const output = (): string => lines.join('\n');
  return {
    platform,
    ask: (headers, request) =>
      sendOverWire(platform.server.url, { headers, ...request, body: { ...smallestCall, ...request?.body } }),
    output,
    missing: 'unauthorized',
    refusals: () => readRefusals(output(), 'platform.request.refused'),
  };
}

interface WireRequest extends AskOptions {
  readonly headers: readonly string[];
}

/** Asks the platform at an address, as {@link PlatformDoor} does. */
export function askPlatform(url: string, headers: readonly string[]): Promise<WireAnswer> {
  return sendOverWire(url, { headers, body: smallestCall });
}

const smallestCall = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'list_organizations' },
};

const endOfChunks = '0\r\n\r\n';

/** Sends a POST byte for byte: a client library would not send half of what an attacker does. */
async function sendOverWire(address: string, request: WireRequest): Promise<WireAnswer> {
  const { host, hostname, port, pathname } = new URL(address);
  const body = JSON.stringify(request.body ?? {});
  const head = [
    `POST ${pathname}${request.query ?? ''} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
    ...request.headers,
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // A stream of events is kept open for the next request, whatever this one asked for.
      if (chunk.toString('latin1').endsWith(endOfChunks)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(toAnswer(Buffer.concat(chunks).toString('latin1'))));
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  });
}

function toAnswer(wire: string): WireAnswer {
  const [head = '', ...rest] = wire.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    text: rest.join('\r\n\r\n'),
  };
}

function readRefusals(output: string, event: string): LoggedRefusal[] {
  return output
    .split('\n')
    .filter((line) => line.includes(`"${event}"`))
    .map((line) => JSON.parse(line) as LoggedRefusal)
    .map(({ status, reason }) => ({ status, reason }));
}
