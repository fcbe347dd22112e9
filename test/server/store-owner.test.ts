import { describe, expect, it } from 'vitest';
import { storeLabelOf } from '../../src/server/authenticated-user.js';
import { placeUnderOwner } from '../../src/server/store-owner.js';

const label = storeLabelOf('https://id.example|alice');

describe('placeUnderOwner', () => {
  it('moves the array that was handed in, since LangGraph searches with that one', () => {
    const namespace = ['notes'];

    const filter = placeUnderOwner({ namespace }, 'https://id.example|alice');

    expect(namespace).toEqual([label, 'notes']);
    expect(filter).toEqual({ namespace: { $contains: label } });
  });

  it('names the owner’s place where the request names none', () => {
    const place: { namespace?: string[] } = {};

    placeUnderOwner(place, 'https://id.example|alice');

    expect(place.namespace).toEqual([label]);
  });
});

describe('storeLabelOf', () => {
  it('is a label without periods, and another one for everybody', () => {
    expect(label).toMatch(/^[0-9a-f]{32}$/);
    expect(storeLabelOf('https://id.example|bob')).not.toBe(label);
  });
});
