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

  it('measures the time the call took', async () => {
    await test.platform.listResourceKinds(callerFor('alice'), {});
    expect((await test.audit())[0]?.latency_ms).toBeGreaterThanOrEqual(0);
  });
});
