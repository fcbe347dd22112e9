import { inspect } from 'node:util';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { MemorySaver } from '@langchain/langgraph';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logger.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { textResult } from '../../src/testing/test-tool.js';
import type { TestAgent } from '../support/test-agent.js';
import { startTestAgent } from '../support/test-agent.js';

const look = defineWrapperTool({
  name: 'look',
  description: 'Looks.',
  schema: z.object({ at: z.string().optional() }),
  class: 'read',
});

const hostnames = [
  'orders-production-database.cluster-ro-c9akciq32rgggg.us-east-1.rds.amazonaws.com',
  'ewallet-db.internal.example.com',
];

let agent: TestAgent | undefined;

afterEach(() => agent?.close());

/** Every form in which a server may give a header back. */
function echoesOf(authorization: string): readonly string[] {
  const token = authorization.slice('Bearer '.length);
  const encodings = ['base64', 'base64url'] as const;
  return [
    authorization,
    token,
    ...token.split('.'),
    ...encodings.flatMap((encoding) =>
      [token, authorization, ...token.split('.')].map((text) => Buffer.from(text).toString(encoding)),
    ),
  ];
}

/** Runs one turn against a server that echoes, and gives everything that came of it as text. */
async function runOnce(
  tool: (heard: () => readonly string[]) => TestTool,
  intercept?: (echo: string, method: string) => Response | undefined,
) {
  const lines: string[] = [];
  let authorization = '';
  const echoes = (): readonly string[] => echoesOf(authorization);
  agent = await startTestAgent({
    wrappers: [look],
    tools: { look: tool(echoes) },
    steps: [[{ name: 'look', args: {} }], () => 'done'],
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) }),
  });
  const { graph, issuer, server, checkpointer, model } = agent;
  const token = issuer.token('alice');
  authorization = `Bearer ${token}`;
  server.intercept = (method) => intercept?.(echoes().join(' '), method);

  const told: unknown[] = [];
  const record = (...args: unknown[]): void => void told.push(args);
  const tracer = BaseCallbackHandler.fromMethods({
    handleChainStart: record,
    handleChainEnd: record,
    handleChainError: record,
    handleToolStart: record,
    handleToolEnd: record,
    handleToolError: record,
    handleChatModelStart: record,
  });
  const config = { configurable: { thread_id: 'thread-1', _user_token: token }, callbacks: [tracer] };
  const streamMode = ['values', 'updates', 'messages', 'custom', 'debug', 'checkpoints', 'tasks'];
  const input = { messages: [{ role: 'user', content: 'look' }] };
  const events: unknown[] = [];
  for await (const event of await graph.stream(input as never, { ...config, streamMode } as never))
    events.push(event);
  // The test agent keeps its threads in memory.
  const { storage, writes } = checkpointer as MemorySaver;
  const seen = { events, storage, writes, told, shown: model.shown };
  return { seen: `${everythingIn(seen)} ${lines.join('\n')}`, token, server };
}

function everythingIn(value: unknown): string {
  const asText = (_key: string, member: unknown): unknown =>
    member instanceof Uint8Array ? Buffer.from(member).toString('latin1') : member;
  return `${JSON.stringify(value, asText)} ${inspect(value, { depth: 12, showHidden: true, maxStringLength: null })}`;
}

function expectClean(text: string, token: string): void {
  const [, payload = '', signature = ''] = token.split('.');
  for (const secret of [token, payload, signature]) {
    // Without the first and last characters, which may be another’s in base64.
    for (const spelling of [secret, Buffer.from(secret).toString('base64').slice(2, -4)])
      expect(text.includes(spelling)).toBe(false);
  }
}

describe('F42 a server that echoes the Authorization header', () => {
  it('in a result gets it into nothing, and hostnames through', async () => {
    const { seen, token } = await runOnce((heard) => ({
      run: () => textResult({ heard: heard(), [heard()[0] ?? '']: 1, hostnames }),
    }));

    expectClean(seen, token);
    expect(seen).toContain('[redacted]');
    for (const hostname of hostnames) expect(seen).toContain(hostname);
  });

  it('in an artifact gets it into nothing', async () => {
    const { seen, token } = await runOnce((heard) => ({
      run: () => ({
        content: [
          { type: 'text', text: 'see beside' },
          { type: 'resource', resource: { uri: 'file:///x', text: heard().join(' ') } },
        ],
        structuredContent: { heard: heard() },
      }),
    }));

    expect(seen).toContain('see beside');
    expectClean(seen, token);
  });

  it('in a failed result gets it into nothing', async () => {
    const { seen, token } = await runOnce((heard) => ({
      run: () => ({
        ...textResult({
          error: 'INVALID_ARGUMENT',
          message: heard().join(' '),
          issues: [{ path: heard()[1], message: heard()[2] }],
        }),
        isError: true,
      }),
    }));

    expect(seen).toContain('invalid-argument');
    expectClean(seen, token);
  });

  it('in an error gets it into nothing', async () => {
    const { seen, token } = await runOnce((heard) => ({
      run: () => {
        throw new Error(heard().join(' '));
      },
    }));

    expectClean(seen, token);
  });

  it('in its progress gets it into nothing', async () => {
    const { seen, token } = await runOnce((heard) => ({
      run: async (_args, { progress }) => {
        await progress(`step ${heard().join(' ')}`, 1);
        return textResult('ok');
      },
    }));

    expect(seen).toContain('step Bearer [redacted]');
    expectClean(seen, token);
  });

  it('in descriptions and schemas gets it into nothing', async () => {
    let heardBefore = (): readonly string[] => [];
    const { seen, token, server } = await runOnce((heard) => {
      heardBefore = heard;
      return {
        get description() {
          return `Described: ${heardBefore().join(' ')}`;
        },
        get schema() {
          return z.object({ at: z.string().optional().describe(heardBefore().join(' ')) });
        },
        run: () => textResult('ok'),
      };
    });

    expect(server.count('tools/list')).toBe(1);
    expect(seen).toContain('Described: Bearer [redacted]');
    expectClean(seen, token);
  });

  it.each([400, 401, 403, 404, 429, 500, 503])(
    'in the body of HTTP %i gets it into nothing',
    async (status) => {
      const { seen, token } = await runOnce(
        () => ({ run: () => textResult('ok') }),
        (echo, method) =>
          method === 'tools/call'
            ? new Response(echo, { status, headers: { 'www-authenticate': `Bearer scope="${echo}"` } })
            : undefined,
      );

      expectClean(seen, token);
    },
  );

  it('while it is asked who it is gets it into nothing', async () => {
    const { seen, token } = await runOnce(
      () => ({ run: () => textResult('ok') }),
      (echo) => new Response(echo.repeat(4), { status: 500 }),
    );

    expectClean(seen, token);
  });

  it('as the type of what it sends gets it into nothing', async () => {
    const { seen, token } = await runOnce(
      () => ({ run: () => textResult('ok') }),
      (echo, method) =>
        method === 'tools/call' ? new Response('x', { headers: { 'content-type': echo } }) : undefined,
    );

    expectClean(seen, token);
  });
});
