import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCredentialSeal } from '../../src/platform/credential-seal.js';

const seal = createCredentialSeal(randomBytes(32));

describe('createCredentialSeal', () => {
  it('opens what it sealed, and never writes the same text twice', () => {
    const [one, other] = [seal.seal('r1', { password: 'canary' }), seal.seal('r1', { password: 'canary' })];
    expect(seal.open('r1', one)).toEqual({ password: 'canary' });
    expect(one).not.toBe(other);
    expect(one).not.toContain('canary');
  });

  it('refuses a text of another resource, of another key, or changed in any part', () => {
    const sealed = seal.seal('r1', { password: 'canary' });
    expect(() => seal.open('r2', sealed)).toThrow();
    expect(() => createCredentialSeal(randomBytes(32)).open('r1', sealed)).toThrow();
    for (const part of [0, 1, 2]) {
      const changed = sealed
        .split('.')
        .map((text, index) => (index === part ? (text.startsWith('A') ? 'B' : 'A') + text.slice(1) : text));
      expect(() => seal.open('r1', changed.join('.'))).toThrow();
    }
    expect(() => seal.open('r1', sealed.replace(/\..*\./, '.AAAA.'))).toThrow();
  });
});
