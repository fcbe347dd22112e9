import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createLogger } from '../../src/logger.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import { createThreadRefusals } from '../../src/server/thread-refusals.js';
import { callerFor } from '../support/test-platform.js';

const alice = callerFor('alice').principal;
const ownerOfAlices = `${alice.issuer}|${alice.subject}`;

/** A server that answers `status` to Bob, where the threads of `owners` are on record. */
async function createApp(status: 200 | 404 | 409 | 422, owners: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const checkpointer = new MemorySaver();
  const checkpoint = { ...emptyCheckpoint(), channel_values: { _threadOwner: alice } };
  const config = { configurable: { thread_id: 'left-behind', checkpoint_ns: '' } };
  await checkpointer.put(config, checkpoint, { source: 'loop', step: 1, parents: {} });
  const ops = {
    threads: {
      get: async (id: string) => {
        if (owners[id] === undefined) throw new Error('not found');
        return { metadata: { owner: owners[id] } };
      },
    },
  };
  const user = toAuthenticatedUser(callerFor('bob').principal, toBearerToken('b'), createRunTokens());
  const logger = createLogger({ format: 'json', write: (line) => lines.push(line) });
  const app = new Hono<{ Variables: { auth: unknown; LANGGRAPH_OPS: unknown } }>()
    .use(async (context, next) => {
      context.set('auth', { user });
      context.set('LANGGRAPH_OPS', ops);
      await next();
    })
    .route('/', createThreadRefusals({ checkpointer, logger }))
    .all('*', (context) => context.body(null, status));
  const ask = async (method: string, path: string, body?: object, env: object = { incoming: {} }) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    await app.request(path, { method, ...sent }, env);
    return lines.splice(0).map((line) => JSON.parse(line));
  };
  return { ask };
}

describe('createThreadRefusals', () => {
  it('tells who reached for which thread, by which route, and nothing of the owner', async () => {
    const { ask } = await createApp(404, { theirs: ownerOfAlices });

    const [line, ...others] = await ask('DELETE', '/threads/theirs/runs/run-1');

    expect(others).toEqual([]);
    expect(line).toMatchObject({
      ...{ level: 'warn', event: 'thread.refused', subject: 'bob', threadId: 'theirs', status: 404 },
      ...{ issuer: alice.issuer, route: 'DELETE /threads/:thread_id/runs/run-1' },
    });
    expect(JSON.stringify(line)).not.toContain('alice');
  });

  it('finds the thread that a body names, and one of which a crash left only the checkpoints', async () => {
    const { ask } = await createApp(409, { theirs: ownerOfAlices });

    expect(await ask('POST', '/threads', { thread_id: 'theirs' })).toHaveLength(1);
    expect(await ask('GET', '/threads/left-behind')).toHaveLength(1);
  });

  it('is silent about the caller’s own threads, those that are not there, and answers of other kinds', async () => {
    const mine = `${alice.issuer}|bob`;
    const refusing = await createApp(404, { mine, theirs: ownerOfAlices });
    const serving = await createApp(200, { theirs: ownerOfAlices });

    expect(await refusing.ask('GET', '/threads/mine/runs/none')).toEqual([]);
    expect(await refusing.ask('GET', '/threads/nowhere')).toEqual([]);
    expect(await refusing.ask('POST', '/threads')).toEqual([]);
    expect(await refusing.ask('GET', '/threads/theirs', undefined, {})).toEqual([]);
    expect(await serving.ask('GET', '/threads/theirs')).toEqual([]);
  });
});
