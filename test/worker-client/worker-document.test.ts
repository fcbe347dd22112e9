import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSealedToken, toSealKey } from '../../src/auth/sealed-token.js';
import { job, jobEvent, jobRecord, jobResults, keys, keptSeconds } from '../../src/contracts/worker-jobs.js';
import { endCodes } from '../../src/worker/job-ends.js';
import { readColumn, readTables } from '../support/markdown.js';

const page = readFileSync('docs/worker.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'graph-fleet-worker-document-'));
afterAll(() => rmSync(folder, { recursive: true }));

function readFences(language: string): readonly string[] {
  const found = page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...found].map(([, text = '']) => text);
}

function readPairs(name: string): Readonly<Record<string, string>> {
  const table = readTables(page).find(({ header }) => header[0] === name);
  return Object.fromEntries(table?.rows.map(([first = '', second = '']) => [first, second]) ?? []);
}

/** Whether a program is on this machine and can do what the document asks of it. */
function canRun(command: string, ...words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const vector = readPairs('test vector');
const { key = '', token = '', sealed = '' } = vector;
const jobId = vector['job id'] ?? '';
const iv = Buffer.from(vector['iv, in hexadecimal'] ?? '', 'hex');

describe('docs/worker.md', () => {
  it('names the keys of the contract', () => {
    const { token: tokenKey, intake, job: jobKey, events, cancel, cancelled, wake, dead } = keys;
    const [ref, id, reader] = ['<ref>', '<jobId>', '<reader>'] as const;

    expect(readColumn(page, 'key')).toEqual([
      ...[tokenKey(ref), intake, jobKey(id), events(id), cancel(id), cancelled, wake(reader), dead],
    ]);
    expect(page).toContain(`SET ${cancel('job-1')} 1 EX ${keptSeconds.job}`);
    expect(page).toContain(`${keptSeconds.token} s`);
  });

  it('names the fields of a job’s hash', () => {
    const row = page.split('\n').find((line) => line.includes(keys.job('<jobId>'))) ?? '';
    const named = [...row.matchAll(/`(\w+)`/g)].map(([, field]) => field);

    expect(named.sort()).toEqual(Object.keys(jobRecord.shape).sort());
  });

  it('shows jobs that are jobs, and tells all their fields', () => {
    const lines = readFences('json');
    const shown = lines.map((line) => job.parse(JSON.parse(line)));
    const told = readColumn(page, 'field') ?? [];

    expect(shown.map(({ kind }) => kind)).toEqual(['run', 'resume']);
    expect([...new Set(shown.flatMap((each) => Object.keys(each)))].sort()).toEqual([...told, 'kind'].sort());
  });

  it('tells each event with its fields', () => {
    const events = jobEvent.options.map(({ shape: { type, ...fields } }) => [
      type.value,
      Object.keys(fields),
    ]);
    const told = Object.entries(readPairs('event')).map(([event, text]) => [event, text.match(/[\w-]+/g)]);

    expect(told).toEqual(events);
  });

  it('tells each result and each code of an end', () => {
    expect([...(readColumn(page, 'result') ?? [])].sort()).toEqual([...jobResults].sort());
    expect(readColumn(page, 'code')).toEqual([...endCodes]);
  });

  it('names metrics and log events that are there', () => {
    const sources = ['src/worker', 'src/telemetry'].flatMap((root) =>
      readdirSync(root).map((file) => readFileSync(join(root, file), 'utf8')),
    );
    const source = sources.join('\n').replaceAll('`graph_fleet_worker_${name}`', '');
    const metrics = [...page.matchAll(/graph_fleet_worker_(\w+)/g)].map(([, name = '']) => name);
    const logged = [...page.matchAll(/`((?:worker|job|queue|redis)\.[a-z.-]+)`/g)].map(
      ([, name = '']) => name,
    );

    expect(metrics.length).toBeGreaterThan(3);
    expect(metrics.filter((name) => !source.includes(name))).toEqual([]);
    expect(logged.length).toBeGreaterThan(5);
    expect(logged.filter((name) => !source.includes(`'${name}'`))).toEqual([]);
  });

  it('shows the example as it is', () => {
    expect(readFences('ts')).toEqual([readFileSync('examples/worker-client/backend.ts', 'utf8')]);
  });
});

describe('the test vector of docs/worker.md', () => {
  it('opens to its token, and to no other job', () => {
    expect(openSealedToken(toSealKey(key), jobId, sealed).reveal()).toBe(token);
    expect(() => openSealedToken(toSealKey(key), 'job-2', sealed)).toThrow(
      expect.objectContaining({ code: 'ERR_SEALED_TOKEN' }),
    );
  });

  it('is what AES-256-GCM gives', () => {
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), iv).setAAD(Buffer.from(jobId));
    const text = Buffer.concat([cipher.update(token), cipher.final()]);

    const parts = [iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url'));
    expect(sealed).toBe(`v1.${parts.join('.')}`);
  });

  it.skipIf(!canRun('python3', '-c', 'import cryptography'))('is what the Python of the page gives', () => {
    const [python = ''] = readFences('python');
    const call = `print(seal("${key}", "${jobId}", "${token}", bytes.fromhex("${iv.toString('hex')}")), end="")`;

    expect(execFileSync('python3', ['-c', `${python}\n${call}`]).toString()).toBe(sealed);
  });

  it.skipIf(!canRun('java', '--version'))('is what the Java of the page gives', () => {
    const [java = ''] = readFences('java');
    const main = `  public static void main(String[] words) throws Exception {
    System.out.print(seal(words[0], words[1], words[2], java.util.HexFormat.of().parseHex(words[3])));
  }
}
`;
    const file = join(folder, 'Seal.java');
    writeFileSync(file, java.replace(/}\s*$/, main));

    expect(execFileSync('java', [file, key, jobId, token, iv.toString('hex')]).toString()).toBe(sealed);
  });
});
