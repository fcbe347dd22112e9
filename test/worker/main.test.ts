import { afterEach, describe, expect, it } from 'vitest';
import { startChild, type Child } from '../support/child.js';

const sealKey = Buffer.alloc(32, 1).toString('base64');
const nobody = 'redis://:canary@127.0.0.1:9';
const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.process.kill('SIGKILL');
});

describe('npm run worker', () => {
  it.each<[string, Record<string, string>]>([
    ['REDIS_URL', {}],
    ['REDIS_URL', { TOKEN_SEAL_KEY: sealKey, DATABASE_URL: 'postgres://u:canary@127.0.0.1:9/x' }],
    ['TOKEN_SEAL_KEY', { REDIS_URL: nobody }],
    ['TOKEN_SEAL_KEY', { REDIS_URL: nobody, TOKEN_SEAL_KEY: 'canary' }],
    ['DATABASE_URL', { REDIS_URL: nobody, TOKEN_SEAL_KEY: sealKey }],
    [
      'REDIS_URL',
      { REDIS_URL: nobody, TOKEN_SEAL_KEY: sealKey, DATABASE_URL: 'postgres://u:canary@127.0.0.1:9/x' },
    ],
    ['REDIS_URL', { REDIS_URL: nobody, TOKEN_SEAL_KEY: sealKey, AGENT_SERVER_URL: 'http://127.0.0.1:9' }],
  ])('does not start without a usable %s, and says so in one sentence: %j', async (name, settings) => {
    const child = startChild('worker/main.ts', [], settings);
    children.push(child);

    expect(await child.ended()).toBe(1);
    expect(child.output.stderr).toMatch(new RegExp(`^${name}: [^\\n]+\\.\\n$`));
    expect(child.output.stderr).not.toContain('canary');
  });
});
