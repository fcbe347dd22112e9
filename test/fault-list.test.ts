import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faults, missing, readFaultNumbers, toFaultRow } from './support/fault-list.js';

const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test', file).replaceAll('\\', '/'))
  .sort();
const numbersOf = new Map(testFiles.map((file) => [file, readFaultNumbers(readFileSync(file, 'utf8'))]));
const filesOf = (number: number): string[] =>
  testFiles.filter((file) => numbersOf.get(file)?.includes(number));

describe('the fault list', () => {
  it('has a test for each fault but those it calls missing', () => {
    const without = faults.map(({ number }) => number).filter((number) => filesOf(number).length === 0);

    expect(without).toEqual(missing);
  });

  it('has every fault that a test is named after, each once', () => {
    const numbers = faults.map(({ number }) => number);
    const named = [...new Set([...numbersOf.values()].flat())];

    expect(new Set(numbers).size).toBe(numbers.length);
    expect(named.filter((number) => !numbers.includes(number))).toEqual([]);
  });

  it('stands in TESTING.md, each fault beside the files that hold it', () => {
    const rows = readFileSync('TESTING.md', 'utf8')
      .split('\n')
      .filter((line) => /^\| F\d+ /.test(line));

    expect(rows).toEqual(
      faults
        .filter(({ number }) => !missing.includes(number))
        .map((fault) => toFaultRow(fault, filesOf(fault.number))),
    );
  });
});

describe('readFaultNumbers', () => {
  it('reads titles, also from the table of their cases, and no other text', () => {
    const source = [
      "const cases = [['F3 whose answer hangs', 1], ['F12', 2]];",
      "it.each(cases)('%s is given up', () => {});",
      'describe(`F4 a server of ${era}`, () => {});',
      "it('is unlike F5 and F6 ', () => {}); // F7 too",
      "it('F3 again', () => {});",
    ].join('\n');

    expect(readFaultNumbers(source)).toEqual([3, 4]);
  });
});
