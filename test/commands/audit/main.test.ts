import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlatformTables } from '../../../src/platform/platform-tables.js';
import { startChild } from '../../support/child.js';
import {
  callerFor,
  createInput,
  makeFolder,
  openTestPlatform,
  rdsSpec,
  type TestPlatform,
} from '../../support/test-platform.js';

let test: TestPlatform;

beforeEach(async () => {
  test = await openTestPlatform();
  await test.platform.createResource(callerFor('alice'), createInput());
  await test.platform.createResource(callerFor('bob'), createInput()).catch(() => undefined);
  await test.platform
    .listEnvironments(callerFor('carol'), { org_id: 'acme\r\n9  FORGED \u001b[2J' })
    .catch(() => undefined);
});
afterEach(() => test.close());

async function run(...words: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = startChild('commands/audit/main.ts', words, { DATA_DIR: test.folder });
  const code = await child.ended();
  return { code, ...child.output };
}

describe('npm run audit', () => {
  it('prints a line a record while the platform is open, and no forged one', async () => {
    const { code, stdout } = await run();
    const [head, first, second, third, ...rest] = stdout.trimEnd().split('\n');

    expect(code).toBe(0);
    expect(head).toMatch(/^#\s+time\s+who\s+action\s+where\s+what\s+decision\s+outcome\s+reason$/);
    expect(first).toMatch(/alice\s+create_cloud_resource\s+acme\/dev\s+AwsRdsInstance orders\s+allowed\s+ok/);
    expect(second).toMatch(
      /bob\s+create_cloud_resource\s+acme\/dev\s+AwsRdsInstance\s+orders\s+denied\s+ERR_PERMISSION_DENIED\s+no-policy-permits-it/,
    );
    expect(third).toMatch(/carol.*FORGED.*denied.*not-a-member/);
    expect(rest).toEqual([]);
    for (const character of ['\u001b', '\r']) expect(stdout).not.toContain(character);
    expect(stdout).not.toContain(rdsSpec.password);
  });

  it('prints one JSON object a line with --json', async () => {
    const { stdout } = await run('--json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { seq: number }).seq),
    ).toEqual([1, 2, 3]);
  });

  it('proves a whole chain, and tells its last digest', async () => {
    const { code, stdout } = await run('verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^audit: 3 records, the chain is whole; last digest [0-9a-f]{64}\n$/);
  });

  it('holds the trail against a head that was kept elsewhere', async () => {
    const digest = (await test.audit()).at(-1)?.digest ?? '';

    const [whole, cut, rewritten, ...refused] = await Promise.all([
      run('verify', '--entries', '3', '--head', digest),
      run('verify', '--entries', '4'),
      run('verify', '--head', 'f'.repeat(64)),
      run('--head', digest),
      run('verify', '--head', 'short'),
    ]);

    expect(whole).toMatchObject({ code: 0 });
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringMatching(/broken at record 4: .*cut/)]);
    expect([rewritten.code, rewritten.stdout]).toEqual([1, expect.stringMatching(/rewritten/)]);
    for (const { code, stderr } of refused)
      expect([code, stderr.trimEnd().split('\n')]).toEqual([1, [expect.any(String)]]);
  });

  it('names the first broken record and exits 1', async () => {
    await test.database.db
      .withTables<PlatformTables>()
      .updateTable('audit_records')
      .set({ decision: 'allowed' })
      .where('seq', '=', 2)
      .execute();
    const { code, stdout } = await run('verify');
    expect(code).toBe(1);
    expect(stdout).toMatch(/broken at record 2/);
  });

  it('says in one sentence that there is no trail yet, and which words it takes', async () => {
    const folder = makeFolder();
    const child = startChild('commands/audit/main.ts', [], { DATA_DIR: folder });
    expect(await child.ended()).toBe(1);
    expect(child.output.stderr).toMatch(/^DATA_DIR: there is no database .*\n$/);
    rmSync(folder, { recursive: true });

    expect(await run('prove')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"verify"/) as string,
    });
    expect(await run('--all')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^.*"verify".*\n$/) as string,
    });
  });
});
