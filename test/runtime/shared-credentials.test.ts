import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createSharedCredentials } from '../../src/runtime/shared-credentials.js';
import { callerFor } from '../support/test-platform.js';

const token = toBearerToken('first');
const principal = callerFor('alice', { expiresAt: 600 }).principal;

describe('createSharedCredentials', () => {
  it('gives one credential to all holders of an authority, and another to another’s', () => {
    const credentials = createSharedCredentials(() => 0);
    const mine = credentials.hold('alice', token, principal);

    expect(credentials.hold('alice', toBearerToken('other'), principal)).toBe(mine);
    expect(credentials.hold('bob', token, principal)).not.toBe(mine);
  });

  it('puts a token that is presented to use for all holders of its authority alone', () => {
    const credentials = createSharedCredentials(() => 0);
    const mine = credentials.hold('alice', token, principal);
    const bobs = credentials.hold('bob', token, principal);

    credentials.present('alice', toBearerToken('second'), principal);

    expect(mine.token().reveal()).toBe('second');
    expect(bobs.token().reveal()).toBe('first');
  });

  it('keeps a credential as long as one holder has it', () => {
    const credentials = createSharedCredentials(() => 0);
    const mine = credentials.hold('alice', token, principal);
    credentials.hold('alice', token, principal);

    credentials.release('alice');
    expect(credentials.hold('alice', token, principal)).toBe(mine);
    credentials.release('alice');
    credentials.release('alice');

    expect(credentials.isLive('alice')).toBe(false);
    expect(credentials.hold('alice', token, principal)).not.toBe(mine);
  });

  it('tells whether a token is held that lives', () => {
    let now = 0;
    const credentials = createSharedCredentials(() => now);
    credentials.hold('alice', token, principal);

    now = 599_999;
    expect(credentials.isLive('alice')).toBe(true);
    now = 600_000;
    expect(credentials.isLive('alice')).toBe(false);
  });
});
