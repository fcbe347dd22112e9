import { describe, expect, it } from 'vitest';
import { countDetails, hasDetails, mergeDraft } from '../../../src/agents/offline-model/draft.js';
import type { Draft } from '../../../src/agents/offline-model/draft.js';

describe('mergeDraft', () => {
  it.each<[before: Draft, said: Draft, merged: Draft]>([
    [{ storageGb: 20 }, { storageGb: 50 }, { storageGb: 50 }],
    [{ storageGb: 20 }, { storageGb: undefined }, { storageGb: 20 }],
    [{ isPublic: true }, { isPublic: false }, { isPublic: false }],
    [{ engine: 'postgres', version: '16' }, { engine: 'mysql' }, { engine: 'mysql' }],
    [{ engine: 'postgres', version: '16' }, { engine: 'postgres' }, { engine: 'postgres', version: '16' }],
    [
      { engine: 'postgres', version: '16' },
      { engine: 'mysql', version: '8.0' },
      { engine: 'mysql', version: '8.0' },
    ],
    [{ version: '16' }, { engine: 'postgres' }, { engine: 'postgres', version: '16' }],
    [{ subnetIds: ['subnet-a'] }, { subnetIds: ['subnet-b'] }, { subnetIds: ['subnet-a', 'subnet-b'] }],
    [{ subnetIds: ['subnet-a'] }, { subnetIds: ['subnet-a'] }, { subnetIds: ['subnet-a'] }],
    [{ subnetIds: ['subnet-a', 'subnet-b'] }, { subnetIds: ['subnet-c'] }, { subnetIds: ['subnet-c'] }],
    [{ subnetIds: ['subnet-a', 'subnet-b'] }, { subnetGroup: 'main' }, { subnetGroup: 'main' }],
    [
      { subnetGroup: 'main' },
      { subnetIds: ['subnet-a', 'subnet-b'] },
      { subnetIds: ['subnet-a', 'subnet-b'] },
    ],
  ])('of %j and %j is %j', (before, said, merged) => {
    expect(mergeDraft(before, said)).toEqual({ places: [], ...merged });
  });
});

describe('hasDetails', () => {
  it.each<[draft: Draft, has: boolean, count: number]>([
    [{}, false, 0],
    [{ engine: undefined, places: [] }, false, 0],
    [{ isPublic: false }, true, 1],
    [{ places: [{ word: 'acme', lead: 'in' }] }, true, 0],
    [{ engine: 'mysql', storageGb: 20 }, true, 2],
  ])('of %j is %s, and %i fields count', (draft, has, count) => {
    expect(hasDetails(draft)).toBe(has);
    expect(countDetails(draft)).toBe(count);
  });
});
