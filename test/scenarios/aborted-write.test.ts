import { Command } from '@langchain/langgraph';
import { afterEach, describe, expect, it } from 'vitest';
import { lastToolAnswer, startTestAgent, testTools, type TestAgent } from '../support/test-agent.js';

let agent: TestAgent | undefined;
afterEach(() => agent?.close());

describe('an approved write that is aborted after it went out', () => {
  it('is told to the next turn as unknown, whatever the person typed since', async () => {
    let reach = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    agent = await startTestAgent({
      tools: {
        ...testTools,
        make_thing: {
          run: () => {
            reach();
            return new Promise<never>(() => undefined);
          },
        },
      },
      steps: [[{ name: 'make_thing', args: { name: 'a' } }], 'told'],
    });
    const thread = agent.open('x', 'alice');
    await thread.say('go');
    const abort = new AbortController();
    const config = {
      configurable: { thread_id: 'x', _user_token: agent.issuer.token('alice') },
      signal: abort.signal,
    };
    const run = agent.graph.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), config);
    await reached;
    abort.abort();
    await expect(run).rejects.toThrow();

    await thread.say('and now?');

    expect(lastToolAnswer(agent.model.shown.at(-1)?.messages ?? [])).toMatchObject({
      outcome: 'unknown-result',
    });
    expect(agent.server.calls.map((call) => call.tool)).toEqual(['make_thing']);
  });
});
