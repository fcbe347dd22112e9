import { describe, expect, it } from 'vitest';
import type { Draft, DraftField } from '../../../src/agents/offline-model/draft.js';
import { readAnswers } from '../../../src/agents/offline-model/read-answers.js';

function read(rest: string, ...expected: DraftField[]): Draft {
  const answers = readAnswers(rest, { expected: new Set(expected), isPlace: (word) => word === 'acme' });
  return answers.places?.length === 0 ? { ...answers, places: undefined } : answers;
}

describe('readAnswers', () => {
  it.each<[rest: string, expected: DraftField[], said: Draft]>([
    ['16.4', ['version', 'storageGb'], { version: '16.4' }],
    ['v8.0.39', ['version'], { version: '8.0.39' }],
    ['16', ['version', 'storageGb'], { version: '16' }],
    ['50', ['version', 'storageGb'], { storageGb: 50 }],
    ['50', ['version'], { storageGb: 50 }],
    ['5', ['storageGb'], { storageGb: 5 }],
    ['16.4, 50', ['version', 'storageGb'], { version: '16.4', storageGb: 50 }],
    ['16.4 and 50', ['version', 'storageGb'], { version: '16.4', storageGb: 50 }],
    ['1. 16.4\n2. 100', ['version', 'storageGb'], { version: '16.4', storageGb: 100 }],
    ['- orders-db', ['name', 'version'], { name: 'orders-db' }],
    ['"Orders-DB"', ['name', 'version'], { name: 'orders-db' }],
    ['billing', ['name'], { name: 'billing' }],
    ['billing', ['name', 'version'], {}],
    ['billing, 16.4', ['name', 'version'], { version: '16.4' }],
    ['acme', ['version'], { places: [{ word: 'acme', lead: 'alone' }] }],
    [
      'acme, 16.4',
      ['organization', 'version'],
      { version: '16.4', places: [{ word: 'acme', lead: 'alone' }] },
    ],
    ['marsnet', ['organization'], { places: [{ word: 'marsnet', lead: 'alone' }] }],
    ['marsnet, 16.4', ['organization', 'version'], { version: '16.4' }],
    ['yes', ['name'], {}],
    ['thanks', ['name'], {}],
    ['50', [], {}],
    ['16.4', [], {}],
    ['orders-db', [], {}],
    ['', ['name'], {}],
    [', ; \n -', ['name', 'version'], {}],
    ['one two three', ['name'], {}],
  ])('reads %j, when %j are open, as %j', (rest, expected, said) => {
    expect(read(rest, ...expected)).toEqual(said);
  });
});
