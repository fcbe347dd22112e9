import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.js';
import { callerFor, createInput, openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  test = await openTestPlatform({
    logger: createLogger({ format: 'json', write: (line) => lines.push(line) }),
  });
});
afterEach(() => test.close());

describe('performCall', () => {
  it('leaves a record of a fault of its own, and passes the fault on', async () => {
    await sql`alter table resources rename to resources_away`.execute(test.database.db);
    await expect(test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).rejects.toThrow(
      /no such table/,
    );
    expect((await test.audit())[0]).toMatchObject({ decision: 'failed', outcome: 'ERR_INTERNAL' });
  });

  it('leaves one record of a refused write, and nothing of the write', async () => {
    await expect(test.platform.createResource(callerFor('bob'), createInput())).rejects.toThrow();
    expect(await test.audit()).toHaveLength(1);
    expect(await test.platform.searchResources(callerFor('bob'), { org_id: 'acme' })).toEqual([]);
  });

  it('says in the log when the record of a read is lost', async () => {
    await sql`alter table audit_head rename to audit_head_away`.execute(test.database.db);
    expect(await test.platform.listOrganizations(callerFor('alice'), {})).toHaveLength(1);
    expect(lines.join('\n')).toMatch(/"level":"error","event":"audit.record.lost"/);
  });

  it('leaves a record and answers that storage is away when the directory cannot be read', async () => {
    await sql`alter table memberships rename to memberships_away`.execute(test.database.db);
    await expect(test.platform.listOrganizations(callerFor('alice'), {})).rejects.toMatchObject({
      code: 'ERR_STORAGE_UNAVAILABLE',
    });
    expect(await test.audit()).toMatchObject([
      { action: 'list_organizations', decision: 'failed', outcome: 'ERR_STORAGE_UNAVAILABLE' },
    ]);
    expect(lines.join('\n')).toMatch(/"event":"directory.read.failed"/);
  });

  it('answers that storage is away when the record of a refused write is lost', async () => {
    await sql`alter table audit_head rename to audit_head_away`.execute(test.database.db);
    await expect(test.platform.createResource(callerFor('bob'), createInput())).rejects.toMatchObject({
      code: 'ERR_STORAGE_UNAVAILABLE',
      cause: { code: 'ERR_PERMISSION_DENIED' },
    });
  });

  it('leaves a record of a tool that does not exist, under a name that no tool has', async () => {
    const asked = { name: 'reveal_credentials', arguments: { password: 'canary' } };
    await expect(test.platform.refuseUnknownTool(callerFor('alice'), asked)).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
    expect(await test.audit()).toMatchObject([
      {
        subject: 'alice',
        action: 'unknown_tool',
        name: 'reveal_credentials',
        decision: 'denied',
        reason: 'no-such-tool',
      },
    ]);
  });

  it.each([
    ['a text', { org_id: 'acme', search_text: 'a\0b' }],
    ['a list', { org_id: 'acme', tags: [['a\0']] }],
    ['a name', { org_id: 'acme', tags: { 'a\0': 1 } }],
  ])('refuses a NUL character in %s', async (_title, input) => {
    await expect(test.platform.searchResources(callerFor('alice'), input)).rejects.toThrow(/NUL character/);
  });

  it('takes a text that only spells the escape of a NUL character', async () => {
    const input = { org_id: 'acme', search_text: String.raw`\u0000` };
    expect(await test.platform.searchResources(callerFor('alice'), input)).toEqual([]);
  });

  it('measures the time the call took', async () => {
    await test.platform.listResourceKinds(callerFor('alice'), {});
    expect((await test.audit())[0]?.latency_ms).toBeGreaterThanOrEqual(0);
  });
});
