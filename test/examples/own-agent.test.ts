import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RdsPlatform } from '../support/rds-platform.js';
import { startRdsPlatform } from '../support/rds-platform.js';

let platform: RdsPlatform;

beforeAll(async () => {
  platform = await startRdsPlatform();
});
afterAll(() => platform.close());

async function runExample(changes: Record<string, string> = {}): Promise<string> {
  const own = {
    PLATFORM_MCP_URL: platform.url,
    JWKS_FILE: join(platform.dataDir, 'development-keys.json'),
    USER_TOKEN: await platform.token('alice'),
  };
  const args = ['--import', 'tsx', 'examples/own-agent/agent.ts'];
  const env = { ...process.env, ...own, ...changes };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout;
}

describe('examples/own-agent', () => {
  it('lists the organizations of the person whose token it got', async () => {
    expect(await runExample()).toBe('You belong to [{"id":"org_acme","slug":"acme","name":"Acme"}]\n');
  });

  it('ends with a non-zero exit code when the platform is not there', async () => {
    const token = { PLATFORM_MCP_URL: 'http://127.0.0.1:9/mcp' };

    await expect(runExample(token)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The call did not succeed'),
    });
  });

  it('ends with a non-zero exit code when the token is not one', async () => {
    await expect(runExample({ USER_TOKEN: 'not-a-token' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERR_TOKEN_INVALID'),
    });
  });
});
