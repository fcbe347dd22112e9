import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importGraphs, readLanggraphConfig } from '../../src/server/served-graphs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'served-graphs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const whole = {
  graphs: { one: './one.mjs:graph' },
  auth: { path: './auth.mjs:auth', disable_studio_auth: true },
  http: { app: './app.mjs:app' },
};
const read = (config: object) => {
  writeFileSync(join(folder, 'langgraph.json'), JSON.stringify(config));
  return readLanggraphConfig(folder);
};

describe('readLanggraphConfig', () => {
  it('makes every path absolute', () => {
    expect(read(whole)).toEqual({
      graphs: { one: join(folder, 'one.mjs:graph') },
      auth: { path: join(folder, 'auth.mjs:auth'), disable_studio_auth: true },
      http: { app: join(folder, 'app.mjs:app') },
    });
  });

  it('reads the project’s own file', () => {
    expect(Object.keys(readLanggraphConfig().graphs)).toEqual(['aws_rds_instance_creator']);
  });

  it.each([
    ['the way round authentication is open', { ...whole, auth: { path: './auth.mjs:auth' } }],
    [
      'the way round authentication is asked for',
      { ...whole, auth: { path: './auth.mjs:auth', disable_studio_auth: false } },
    ],
    ['nobody authenticates', { graphs: whole.graphs, http: whole.http }],
    ['no guard stands before the routes', { graphs: whole.graphs, auth: whole.auth }],
  ])('refuses a file where %s', (_, config) => {
    expect(() => read(config)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path: 'langgraph.json' }),
    );
  });
});

describe('importGraphs', () => {
  it('imports the exports that are named', async () => {
    const file = join(folder, 'one.mjs');
    writeFileSync(file, 'export const graph = { mine: true };');

    expect([...(await importGraphs({ one: `${file}:graph` }))]).toEqual([['one', { mine: true }]]);
  });

  it('says which graph is no object', async () => {
    const file = join(folder, 'none.mjs');
    writeFileSync(file, 'export const graph = undefined;');

    await expect(importGraphs({ one: `${file}:graph` })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('graphs.one'),
    });
  });
});
