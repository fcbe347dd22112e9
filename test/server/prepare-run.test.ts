import { emptyCheckpoint, MemorySaver } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import type { BearerToken } from '../../src/auth/bearer-token.js';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { Principal } from '../../src/auth/principal.js';
import type { TokenVerifier } from '../../src/auth/token-verifier.js';
import { TokenInvalidError } from '../../src/errors.js';
import { toApprovalRequest } from '../../src/middleware/decisions.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import type { RunPreparation } from '../../src/server/prepare-run.js';
import { prepareRun } from '../../src/server/prepare-run.js';
import { createRunTokens } from '../../src/server/run-tokens.js';

const principalOf = (subject: string): Principal => ({
  issuer: 'https://id.example',
  subject,
  organization: 'acme',
  scopes: [],
  audiences: ['graph-fleet'],
  expiresAt: 4_000_000_000,
  tokenId: undefined,
});

function takeTextForSubject(token: BearerToken): Principal {
  if (token.reveal() === 'bad') throw new TokenInvalidError('signature');
  return principalOf(token.reveal());
}

const action = { name: 'create_cloud_resource', args: {}, description: 'Create?', digest: 'd1' };

async function createRun(more: Pick<RunPreparation, 'runLimit'> = {}) {
  const lifeAsked: unknown[] = [];
  const verifier: TokenVerifier = {
    verify: async (token, needs) => {
      lifeAsked.push(needs?.lifeSeconds);
      return takeTextForSubject(token);
    },
  };
  const runTokens = createRunTokens();
  const checkpointer = new MemorySaver();
  const user = toAuthenticatedUser(principalOf('alice'), toBearerToken('alice'), runTokens);
  const prepare = (
    kwargs: Record<string, unknown>,
    threadId: string | undefined = 'thread-1',
  ): Promise<void> =>
    prepareRun({ runId: 'run-1', threadId, kwargs }, user, {
      ...{ verifier, runTokens, checkpointer, ...more },
      allowedWebhooks: ['https://hooks.example.com/agents'],
    });
  const open = async (...values: unknown[]): Promise<void> => {
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    const stored = await checkpointer.put(config, emptyCheckpoint(), {
      source: 'loop',
      step: 1,
      parents: {},
    });
    for (const [index, value] of values.entries()) {
      const id = `i${String(index + 1)}`;
      await checkpointer.putWrites(stored, [['__interrupt__', [{ id, value }]]], `task-${id}`);
    }
  };
  return { prepare, open, runTokens, lifeAsked };
}

describe('prepareRun', () => {
  it('takes out of the config what a client must not set, and leaves the rest', async () => {
    const { prepare } = await createRun();
    const configurable: Record<string, unknown> = {
      _user_token: 'alice',
      'x-forwarded-for': '10.0.0.1',
      __pregel_resuming: true,
      langsmith_project: 'mine',
      org: 'acme',
    };

    await prepare({ config: { configurable } });

    expect(configurable).toEqual({ org: 'acme' });
  });

  it('marks a run without a thread by its id, and no run that a client marked', async () => {
    const { prepare } = await createRun();
    const marked = async (temporary: boolean): Promise<unknown> => {
      const configurable = { _temporary_run: 'mine' };
      await prepare({ config: { configurable }, temporary });
      return configurable;
    };

    expect(await marked(true)).toEqual({ _temporary_run: 'run-1' });
    expect(await marked(false)).toEqual({});
  });

  it('keeps the request’s token for the run, or the one that the config gave', async () => {
    const { prepare, runTokens } = await createRun();

    await prepare({});
    expect(runTokens.get('run-1')?.reveal()).toBe('alice');
    const given = toBearerToken('alice');
    await prepare({ config: { configurable: { _user_token: given } } });
    expect(runTokens.get('run-1')).toBe(given);
  });

  it('takes the token and the engine’s keys out of the context too, where the config’s token wins', async () => {
    const { prepare, runTokens } = await createRun();
    const given = toBearerToken('alice');
    const context: Record<string, unknown> = { _user_token: given, __pregel_resuming: true, tone: 'short' };

    await prepare({ context });
    expect(context).toEqual({ tone: 'short' });
    expect(runTokens.get('run-1')).toBe(given);
    const winner = toBearerToken('alice');
    const both = { config: { configurable: { _user_token: winner } }, context: { _user_token: 'bob' } };
    await prepare(both);
    expect(runTokens.get('run-1')).toBe(winner);
    expect(both.context).toEqual({});
    await expect(prepare({ context: { _user_token: 'bob' } })).rejects.toMatchObject({ status: 403 });
  });

  it('refuses the token of another person, a bad one, and none at all', async () => {
    const { prepare, runTokens } = await createRun();
    const withToken = (token: unknown) => prepare({ config: { configurable: { _user_token: token } } });

    await expect(withToken('bob')).rejects.toMatchObject({ status: 403 });
    await expect(withToken('bad')).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID' });
    await expect(withToken('')).rejects.toMatchObject({ code: 'ERR_TOKEN_MISSING' });
    expect(runTokens.size()).toBe(0);
  });

  it('refuses a webhook that is not listed, naming the setting, and keeps no token for the run', async () => {
    const { prepare, runTokens } = await createRun();

    for (const webhook of ['https://hook.example', '/threads', '']) {
      await expect(prepare({ webhook })).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('ALLOWED_WEBHOOKS'),
      });
    }
    expect(runTokens.size()).toBe(0);
  });

  it('lets LangGraph call the relay where a listed webhook was named', async () => {
    const { prepare } = await createRun();
    const kwargs = { webhook: 'https://hooks.example.com/agents/done?key=1' };

    await prepare(kwargs);

    expect(kwargs).toEqual({
      webhook: '/webhooks/relay',
      webhook_url: 'https://hooks.example.com/agents/done?key=1',
    });
  });

  it('lets an answer to the open approval through, and nothing else', async () => {
    const { prepare, open } = await createRun();
    await open(toApprovalRequest([action]));
    const decisions = [{ type: 'approve', digest: 'd1' }];

    await expect(prepare({ command: { resume: { decisions } } })).resolves.toBeUndefined();
    await expect(prepare({ command: { resume: { decisions: [] } } })).rejects.toMatchObject({ status: 422 });
    await expect(prepare({ command: { resume: { decisions }, goto: [] } })).resolves.toBeUndefined();
    await expect(prepare({ command: { resume: { decisions }, goto: 'tools' } })).rejects.toMatchObject({
      status: 422,
    });
    await expect(prepare({ command: { resume: { decisions }, update: [] } })).rejects.toMatchObject({
      status: 422,
    });
  });

  it('lets any answer to another interrupt through', async () => {
    const { prepare, open } = await createRun();
    await open({ type: 'sign-in' });

    await expect(prepare({ command: { resume: 'here I am' } })).resolves.toBeUndefined();
  });

  it('answers a sign-in alone, by its id, where another question waits too', async () => {
    const { prepare, open } = await createRun();
    await open({ question: 'Delete everything?' }, { type: 'sign-in' });
    const command: Record<string, unknown> = { resume: { approved: false, token: 'not kept' } };

    await prepare({ command });

    expect(command).toEqual({ resume: { i2: true } });
  });

  it('refuses a token with too little life to begin with', async () => {
    const { prepare, lifeAsked } = await createRun();

    await prepare({});

    expect(lifeAsked).toEqual([10]);
  });

  it('lets one person begin so many runs, says when to come again, and keeps nothing of the others', async () => {
    const take = (key: string): number => (key.includes('alice') ? 3 : 0);
    const { prepare, runTokens } = await createRun({ runLimit: { take } });

    await expect(prepare({})).rejects.toMatchObject({ status: 429, headers: { 'Retry-After': '3' } });
    expect(runTokens.size()).toBe(0);
  });

  it('reads the answers of protocol v2 by the interrupt’s id, and those of other runs without', async () => {
    const { prepare, open } = await createRun();
    await open(toApprovalRequest([action]));
    const answer = { decisions: [{ type: 'approve', digest: 'd1' }] };
    const v2 = (resume: unknown) => prepare({ command: { resume }, __protocol_stream_run: true });

    await expect(v2({ i1: answer })).resolves.toBeUndefined();
    await expect(v2({ i1: { decisions: [] } })).rejects.toMatchObject({ status: 422 });
    await expect(v2({ i2: answer })).rejects.toMatchObject({ status: 422 });
    await expect(v2({ i1: answer, i2: answer })).rejects.toMatchObject({ status: 422 });
    await expect(prepare({ command: { resume: { i1: answer } } })).rejects.toMatchObject({ status: 422 });
  });

  it('makes a message of protocol v2 to an interrupted thread a message again', async () => {
    const { prepare, open } = await createRun();
    await open(toApprovalRequest([action]));
    const message = { messages: [{ role: 'user', content: 'stop' }] };
    const run: Record<string, unknown> = {
      input: null,
      command: { resume: message },
      __protocol_stream_run: true,
    };

    await prepare(run);

    expect(run).toEqual({ input: message, __protocol_stream_run: true });
  });

  it('refuses a resume where nothing waits, and a command that says nothing', async () => {
    const { prepare } = await createRun();

    await expect(prepare({ command: { resume: 'yes' } })).rejects.toMatchObject({ status: 422 });
    await expect(prepare({ command: { resume: null } })).rejects.toMatchObject({ status: 422 });
    await expect(prepare({ command: {} })).rejects.toMatchObject({ status: 422 });
    await expect(prepare({ command: { goto: 'model_request' } })).resolves.toBeUndefined();
    await expect(prepare({ command: { update: { messages: [] } } })).resolves.toBeUndefined();
  });
});
