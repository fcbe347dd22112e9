import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { silentLogger } from '../../src/logger.js';
import { createRunGate } from '../../src/middleware/run-gate.js';
import { createSlots } from '../../src/runtime/slots.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const { issuer, keys, token } = createTokenIssuer(['agent']);

const refuse = () => Promise.reject(new Error('nothing may be loaded'));
const nothingLoads = { isLoaded: () => false, forModel: refuse, forCall: refuse };

function createGate() {
  const verifier = createTokenVerifier({ issuer, audience: 'agent', keys });
  const slots = createSlots({ verifier, toolsets: nothingLoads });
  return createRunGate(() => Promise.resolve(slots), silentLogger);
}

function run(subject: string) {
  return { thread_id: 'thread-1', _user_token: token(subject) };
}

describe('createRunGate', () => {
  it('lets the owner in, and the first person of a thread without one', async () => {
    const gate = createGate();

    expect((await gate.enter({}, run('alice'))).principal().subject).toBe('alice');
    expect(
      (await gate.enter({ _threadOwner: { issuer, subject: 'alice' } }, run('alice'))).principal().subject,
    ).toBe('alice');
  });

  it.each([
    ['another subject', { issuer, subject: 'bob' }],
    ['the same subject of another issuer', { issuer: 'http://elsewhere', subject: 'alice' }],
  ])('refuses when the thread belongs to %s', async (_title, owner) => {
    const entry = createGate().enter({ _threadOwner: owner }, run('alice'));

    await expect(entry).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
  });

  it('asks for a token before anything is connected', async () => {
    const gate = createRunGate(() => Promise.reject(new Error('connected')), silentLogger);

    await expect(gate.enter({}, { thread_id: 'thread-1' })).rejects.toMatchObject({
      code: 'ERR_TOKEN_MISSING',
    });
  });

  describe('find', () => {
    const owner = { issuer, subject: 'alice' };
    const sealed = (subject: string, threadId = 'thread-1') => ({
      thread_id: threadId,
      _user_token: toBearerToken(token(subject)),
    });

    it('gives the slot of a run that was let in, on a thread that is recorded as its principal’s', async () => {
      const gate = createGate();
      const hers = sealed('alice');
      const slot = await gate.enter({}, hers);

      expect(gate.find({ _threadOwner: owner }, hers)).toBe(slot);
    });

    it('gives none before anybody was let in, and none for another token', async () => {
      const gate = createGate();
      const hers = sealed('alice');

      expect(gate.find({ _threadOwner: owner }, hers)).toBeUndefined();
      await gate.enter({}, hers);
      expect(gate.find({ _threadOwner: owner }, sealed('alice'))).toBeUndefined();
      expect(gate.find({ _threadOwner: owner }, run('alice'))).toBeUndefined();
      expect(gate.find({ _threadOwner: owner }, { thread_id: 'thread-1' })).toBeUndefined();
    });

    it('gives none on another thread', async () => {
      const gate = createGate();
      const hers = sealed('alice');
      await gate.enter({}, hers);

      expect(gate.find({ _threadOwner: owner }, { ...hers, thread_id: 'thread-2' })).toBeUndefined();
    });

    it.each([
      ['nobody', undefined],
      ['another', { issuer, subject: 'bob' }],
      ['a namesake of another issuer', { issuer: 'http://elsewhere', subject: 'alice' }],
    ])('gives none on a thread that is recorded as belonging to %s', async (_title, recorded) => {
      const gate = createGate();
      const hers = sealed('alice');
      await gate.enter({}, hers);

      expect(gate.find({ _threadOwner: recorded }, hers)).toBeUndefined();
    });
  });
});
