import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi } from '../support/agent-api.js';
import { createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readResourceNames } from '../support/platform-records.js';

let line: Line;
let server: TestAgentServer;
let alice: AgentApi;

beforeAll(async () => {
  const platformPort = await findFreePort();
  line = await createLine(platformPort);
  server = await startAgentServer({
    env: { PLATFORM_PORT: String(platformPort), PLATFORM_MCP_URL: line.url },
  });
  alice = createAgentApi(server.url(), await server.token('alice', { audiences: ['graph-fleet', line.url] }));
});
afterAll(async () => {
  await server.remove();
  await line.cut();
});

const stateOf = async (): Promise<unknown> => (await alice.send('GET', '/mcp/status')).json.servers[0].state;

/** The breaker rests for a while once the line is good again, and longer with each request that failed. */
const isUp = () => expect.poll(stateOf, { timeout: 40_000, interval: 200 }).toBe('up');

describe('while the platform cannot be reached', () => {
  it('a request ends in a sentence, the status says which server is missing, and nothing else stops', async () => {
    const threadId = await alice.thread();
    await line.cut();

    const answer = await alice.say(threadId, wholeRequest('down-db'));

    expect(lastText(answer)).toMatch(/"cloud-platform" cannot be reached now; nothing was changed/);
    expect((await alice.send('GET', `/threads/${threadId}`)).json.status).toBe('idle');
    expect((await alice.send('GET', '/mcp/status')).json.servers).toMatchObject([
      {
        name: 'cloud-platform',
        state: 'unavailable',
        latencyMs: null,
        tools: [],
        lastFailure: expect.any(String),
      },
    ]);
    expect((await alice.send('GET', '/healthz')).status).toBe(200);

    await line.mend();

    await isUp();
    expect(openApproval(await alice.say(threadId, wholeRequest('down-db')))).toBeDefined();
  });

  it('an approval creates nothing, says so, and the creation can be had afterwards', async () => {
    const threadId = await alice.thread();
    await alice.say(threadId, wholeRequest('later-db'));
    await line.cut();

    const approved = await alice.decide(threadId, { type: 'approve' });

    expect(lastText(approved)).toMatch(/cannot be reached|not reachable/i);
    expect(await readResourceNames(server.dataDir)).not.toContain('later-db');

    await line.mend();
    await isUp();
    const again = await alice.say(threadId, 'try again');

    expect(openApproval(again).actionRequests[0].args.resource_name).toBe('later-db');
    expect(lastText(await alice.decide(threadId, { type: 'approve' }))).toContain('later-db is recorded');
  });
});

/** A line to a port that can be cut, as a network is. */
interface Line {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

async function createLine(target: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let listener: Server;
  const open = async (port: number): Promise<number> => {
    listener = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  };
  const port = await open(0);
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    cut: async () => {
      if (!listener.listening) return;
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => {
      await open(port);
    },
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
