import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerFor, createInput, rdsSpec } from '../support/test-platform.js';
import { runPlatform, type RunningPlatform } from '../support/platform-server.js';

let running: RunningPlatform;
let id: string;

beforeEach(async () => {
  running = await runPlatform();
  const caller = callerFor('alice', { issuer: running.tokens.issuer });
  id = (await running.platform.createResource(caller, createInput())).resource.id;
});
afterEach(() => running.close());

function ask(person: string, method = 'POST', resourceId = id): Promise<Response> {
  const headers = { Authorization: `Bearer ${running.token(person)}` };
  return fetch(`${running.origin}/resources/${resourceId}/credentials`, { method, headers });
}

describe('POST /resources/:id/credentials', () => {
  it('gives the sealed fields to the creator once, and lets nobody keep the answer', async () => {
    const first = await ask('alice');
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await first.json()).toEqual({ id, credentials: { password: rdsSpec.password } });

    const second = await ask('alice');
    expect(second.status).toBe(410);
    expect(second.headers.get('cache-control')).toBe('no-store');
    expect(await second.text()).not.toContain(rdsSpec.password);
  });

  it('answers 404 to everyone else, as for a resource that does not exist', async () => {
    for (const person of ['bob', 'carol', 'dave', 'mallory']) expect((await ask(person)).status).toBe(404);
    expect((await ask('alice', 'POST', 'res_none')).status).toBe(404);
    expect((await ask('alice')).status).toBe(200);
  });

  it('answers 404 to the same subject of another issuer', async () => {
    const foreign = callerFor('alice', { issuer: 'http://elsewhere' });
    await expect(running.platform.revealCredentials(foreign, { resource_id: id })).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
  });

  it.each(['GET', 'PUT', 'DELETE'])('uses nothing up on %s', async (method) => {
    expect((await ask('alice', method)).status).toBe(405);
    expect((await ask('alice')).status).toBe(200);
  });

  it('keeps the fields when the record of giving them cannot be written', async () => {
    await sql`alter table audit_head rename to audit_head_away`.execute(running.database.db);
    expect((await ask('alice')).status).toBe(503);
    await sql`alter table audit_head_away rename to audit_head`.execute(running.database.db);
    expect((await ask('alice')).status).toBe(200);
  });
});
