import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloudResourceTools } from '../../../src/contracts/cloud-resource-tools.js';
import type { ImportReport } from '../../support/child-import-graph.js';
import { startMcpTestServer } from '../../../src/testing/mcp-test-server.js';
import { textResult } from '../../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../../src/testing/token-issuer.js';

const script = join(import.meta.dirname, '../../support/child-import-graph.ts');
const tsx = import.meta.resolve('tsx');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graph-fleet-import-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
  rmSync(folder, { recursive: true, force: true });
});

describe('importing the graph', () => {
  it('works in a request, twice, and in a worker thread, with no server, no settings and no token', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', tsx, script], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });

    const { inRequest, inWorker } = JSON.parse(stdout) as Record<'inRequest' | 'inWorker', ImportReport>;
    const expected = {
      graphs: ['aws_rds_instance_creator', 'aws_rds_instance_creator'],
      distinct: true,
      opened: [],
    };
    expect(inRequest).toEqual(expected);
    expect(inWorker).toEqual(expected);
    expect(stderr).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the imported graph', () => {
  async function importGraph() {
    const server = await startMcpTestServer({
      list_organizations: { schema: cloudResourceTools.list_organizations, run: () => textResult([]) },
    });
    const issuer = createTokenIssuer(['graph-fleet', server.url]);
    const keys = join(folder, 'keys.json');
    writeFileSync(keys, JSON.stringify(issuer.jwks));
    for (const [name, value] of Object.entries({
      MODEL: 'offline',
      PLATFORM_MCP_URL: server.url,
      AUTH_ISSUER: issuer.issuer,
      AUTH_JWKS_FILE: keys,
      DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'error',
    })) {
      vi.stubEnv(name, value);
    }
    const { graph } = await import('../../../src/agents/aws-rds-instance-creator/graph.js');
    return { server, issuer, graph };
  }

  it('makes one load for many runs at once on one thread', async () => {
    const { server, issuer, graph } = await importGraph();
    const configurable = { thread_id: 'thread-1', _user_token: issuer.token('alice') };
    const hello = { messages: [{ role: 'user', content: 'hello' }] };

    const answers = await Promise.all(
      Array.from({ length: 30 }, () => graph.invoke(hello, { configurable })),
    );
    await server.close();

    expect(server.count('tools/list')).toBe(1);
    for (const { messages } of answers) expect(messages.at(-1)?.type).toBe('ai');
  });

  it('rejects by a code of the closed set', async () => {
    const { server, issuer, graph } = await importGraph();
    const hello = { messages: [{ role: 'user', content: 'hello' }] };
    const thread = { thread_id: 'thread-1' };

    await expect(graph.invoke(hello, { configurable: thread })).rejects.toMatchObject({
      code: 'ERR_TOKEN_MISSING',
    });
    const bad = { ...thread, _user_token: issuer.token('alice', { aud: ['x'] }) };
    await expect(graph.invoke(hello, { configurable: bad })).rejects.toMatchObject({
      code: 'ERR_TOKEN_INVALID',
    });
    await server.close();

    expect(server.requests).toEqual([]);
  });
});
