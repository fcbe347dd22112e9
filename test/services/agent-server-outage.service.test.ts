import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { startOwnPostgres } from './support/postgres.js';

let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let server: TestAgentServer;

beforeAll(async () => {
  postgres = await startOwnPostgres();
  server = await startAgentServer({ env: { DATABASE_URL: await postgres.createDatabase() } });
});
afterAll(async () => {
  await server.remove();
  await postgres.close();
});

describe('an agent server whose PostgreSQL is away', () => {
  it('answers 503 without a word of the database, and goes on with the run and the thread when it is back', async () => {
    const alice = createAgentApi(server.url(), await server.token('alice'));
    const threadId = await alice.thread();
    expect(openApproval(await alice.say(threadId, wholeRequest('outage-db')))).toBeDefined();
    const question = { input: { messages: [{ role: 'user', content: 'which organizations are there?' }] } };
    const { run_id } = (
      await alice.send('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId, ...question })
    ).json;

    await postgres.stop();
    const away = await Promise.all([
      alice.send('GET', `/threads/${threadId}`),
      alice.send('GET', `/threads/${threadId}/state`),
      alice.run(threadId, question),
    ]);
    const isAway = (): boolean => server.output().includes('"records.database.away"');
    await expect.poll(isAway).toBe(true);
    await postgres.start();
    await expect
      .poll(() => server.output().includes('"records.database.back"'), { timeout: 30_000 })
      .toBe(true);
    const joined = await alice.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    const run = await alice.send('GET', `/threads/${threadId}/runs/${run_id}`);

    expect(away.map(({ status }) => status)).toEqual([503, 503, 503]);
    for (const { text, headers } of away)
      expect([text, headers.get('retry-after')]).toEqual([
        'The database does not answer now; try again soon.',
        '5',
      ]);
    expect(joined.text).not.toMatch(/ECONN|terminat|127\.0\.0\.1/i);
    expect(run.json.status).toBe('success');
    expect(lastText(await alice.say(threadId, 'which organizations are there?'))).toContain('acme');
  });
});
