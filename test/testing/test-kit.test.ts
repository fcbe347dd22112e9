import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const page = readFileSync('docs/testing.md', 'utf8');
const file = 'examples/own-agent/two-people.test.ts';
// Without what vitest puts there: the test runs under the runner of Node.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_)/.test(name)),
);

describe('docs/testing.md', () => {
  it('says how many forged tokens there are', () => {
    expect(page).toContain(`gives ${createTokenIssuer([]).attacks('alice').length} forged tokens`);
  });

  it('names nothing of the kit that is not there', () => {
    const named = [...page.matchAll(/\b(?:server|issuer|keys)\.(\w+)/g)].map(([, name = '']) => name);
    const source = ['mcp-test-server', 'token-gate', 'token-issuer', 'key-server']
      .map((name) => readFileSync(`src/testing/${name}.ts`, 'utf8'))
      .join('');

    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});

describe('the first test of docs/testing.md', () => {
  it('is the one in examples/own-agent, to the letter', () => {
    expect(page).toContain(`\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\``);
  });

  it('passes under the test runner of Node', async () => {
    const args = ['--import', 'tsx', '--test', '--test-reporter=tap', file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });

    expect(stdout).toMatch(/^# pass 2$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });
});
