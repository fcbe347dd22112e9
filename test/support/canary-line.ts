/** A line between an agent server and its platform that can be cut, and that can give the Authorization header back. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { startLoopbackListener } from '../../src/testing/loopback-listener.js';
import { spellingsOf } from './canary.js';

/** How the line answers a tool call in the platform’s place. */
export type Echo = 'result' | 'failed-result' | 'error' | 'http-error' | undefined;

/** An open line. */
export interface PlatformLine {
  /** The platform’s MCP endpoint as the agent server knows it. */
  readonly url: string;
  readonly platformPort: number;
  /** What a tool call is answered with; undefined lets it through. */
  echo: Echo;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Opens a line to a port that is free now. */
export async function openPlatformLine(): Promise<PlatformLine> {
  const platformPort = await findFreePort();
  const listener = await startLoopbackListener((request, response) => {
    void text(request).then((body) => {
      if (line.echo !== undefined && body.includes('"tools/call"'))
        answerWithEcho({ request, response, body }, line.echo);
      else passOn({ request, response, body }, platformPort);
    });
  });
  const line: PlatformLine = {
    url: `${listener.origin}/mcp`,
    platformPort,
    echo: undefined,
    cut: listener.stop,
    mend: listener.restart,
  };
  return line;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}

function passOn({ request, response, body }: Exchange, port: number): void {
  const { method, url, headers } = request;
  const onward = httpRequest({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  onward.end(body);
}

function answerWithEcho({ request, response, body }: Exchange, echo: NonNullable<Echo>): void {
  const header = request.headers.authorization ?? '';
  const heard = [header, ...header.slice('Bearer '.length).split('.')].flatMap((part) => [
    part,
    // The server’s own hiding knows base64; hexadecimal is nothing a header comes back in.
    ...spellingsOf(part).filter((spelling) => !/^[\da-f]+$/i.test(spelling)),
  ]);
  const { id } = JSON.parse(body) as { readonly id: unknown };
  const content = [
    { type: 'text', text: JSON.stringify({ error: 'INVALID_ARGUMENT', message: heard.join(' ') }) },
  ];
  const send = (status: number, answer: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  };
  if (echo === 'http-error') send(500, heard);
  else if (echo === 'error')
    send(200, { jsonrpc: '2.0', id, error: { code: -32_000, message: heard.join(' '), data: heard } });
  else {
    const isError = echo === 'failed-result';
    send(200, {
      jsonrpc: '2.0',
      id,
      result: { resultType: 'complete', content, structuredContent: { heard }, isError },
    });
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // A server that listens on a port, and not on a pipe, has an address of this form.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
