import { ToolMessage } from '@langchain/core/messages';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logger.js';
import { outcomes } from '../../src/outcomes.js';
import type { Step } from '../../src/testing/scripted-model.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { textResult } from '../../src/testing/test-tool.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { TestAgent } from '../support/test-agent.js';
import { lastToolAnswer, makeThing, startTestAgent, testTools, whoAmI } from '../support/test-agent.js';

const agents: TestAgent[] = [];

async function start(
  tools: Readonly<Record<string, TestTool>>,
  steps: readonly Step[],
  wrappers = [whoAmI, makeThing],
) {
  const lines: string[] = [];
  const logger = createLogger({ format: 'json', level: 'warn', write: (line) => lines.push(line) });
  const agent = await startTestAgent({ tools: { ...testTools, ...tools }, steps, logger, wrappers });
  agents.push(agent);
  const broken = (): unknown[] =>
    lines.flatMap((line) => {
      const { event, server, tool, reason } = JSON.parse(line) as Record<string, unknown>;
      return event === 'mcp.contract.broken' ? [{ server, tool, reason }] : [];
    });
  return { ...agent, broken };
}

/** A live tool that demands what the wrapper never sends. */
const demanding: TestTool = {
  description: 'The live description.',
  schema: z.object({ question: z.string().optional(), region: z.string() }),
  run: () => textResult('not reached'),
};
const ask = { name: 'who_am_i', args: {} };
const make = { name: 'make_thing', args: { name: 'x' } };
const approve = { decisions: [{ type: 'approve' }] };

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
});

describe('a live tool that is not the one its wrapper was written for', () => {
  it('is named to the operator once, answered with contract, and not called', async () => {
    const agent = await start({ who_am_i: demanding }, [[ask], 'told', [ask], 'told', [ask], 'told']);

    const first = await agent.open('thread-1', 'alice').say('who am I?');
    await agent.open('thread-1', 'alice').say('once more');
    await agent.open('thread-2', 'bob').say('and I?');

    expect(lastToolAnswer(first.messages)).toEqual({
      outcome: 'contract',
      message: outcomes.contract.user,
      next: outcomes.contract.model,
    });
    expect(agent.server.calls).toEqual([]);
    expect(agent.broken()).toEqual([
      { server: 'platform', tool: 'who_am_i', reason: '"region" is required and never sent' },
    ]);
  });

  it('is shown as the wrapper describes it, so that the model is told why it cannot be used', async () => {
    const agent = await start({ who_am_i: demanding }, ['hello']);

    await agent.open('thread-1', 'alice').say('hello');

    const shown = agent.model.shown[0]?.tools.find(({ name }) => name === 'who_am_i');
    expect(shown?.description).toBe('Says who calls.');
    expect(JSON.stringify(shown)).not.toContain('region');
  });

  it('leaves the other tools as they are', async () => {
    const agent = await start({ who_am_i: demanding }, [[make], 'made']);
    const thread = agent.open('thread-1', 'alice');

    await thread.say('make x');
    const { messages } = await thread.resume(approve);

    expect(lastToolAnswer(messages)).toEqual({ made: 'x', by: 'alice' });
  });

  it('is not asked about when it writes, and an approval that was given is not spent on it', async () => {
    const agent = await start(
      { make_thing: { schema: z.object({ name: z.number() }), run: () => textResult('not reached') } },
      [[make], 'told'],
    );

    const state = await agent.open('thread-1', 'alice').say('make x');

    expect(state.__interrupt__).toBeUndefined();
    expect(lastToolAnswer(state.messages)['outcome']).toBe('contract');
    expect(agent.server.calls).toEqual([]);
  });

  it('is found by a look before a write, and nobody is asked', async () => {
    const looking = defineWrapperTool({
      ...makeThing.wrapper,
      lookFirst: async (_args, read) => {
        await read(whoAmI, { question: 'x' });
      },
    });
    const agent = await start({ who_am_i: demanding }, [[make], 'told'], [whoAmI, looking]);

    const state = await agent.open('thread-1', 'alice').say('make x');

    expect(state.__interrupt__).toBeUndefined();
    expect(lastToolAnswer(state.messages)['outcome']).toBe('contract');
    expect(agent.server.calls).toEqual([]);
  });

  it('reads through the wrapper when it is sound', async () => {
    const seen: string[] = [];
    const looking = defineWrapperTool({
      ...makeThing.wrapper,
      lookFirst: async (_args, read) => {
        seen.push(await read(whoAmI, { question: 'x' }));
      },
    });
    const agent = await start({}, [[make], 'told'], [whoAmI, looking]);

    const state = await agent.open('thread-1', 'alice').say('make x');

    expect(state.__interrupt__).toHaveLength(1);
    expect(seen).toEqual([JSON.stringify({ you: 'alice', question: 'x' })]);
  });
});

describe('a live tool that has an optional field more', () => {
  it('is called and shown as it is, and named to nobody', async () => {
    const agent = await start(
      {
        who_am_i: {
          description: 'The live description.',
          schema: z.object({ question: z.string().optional(), region: z.string().optional() }),
          run: (_args, { subject }) => textResult({ you: subject }),
        },
      },
      [[ask], 'told'],
    );

    const { messages } = await agent.open('thread-1', 'alice').say('who am I?');

    expect(lastToolAnswer(messages)).toEqual({ you: 'alice' });
    expect(JSON.stringify(agent.model.shown[0]?.tools)).toContain('region');
    expect(agent.broken()).toEqual([]);
    expect(messages.filter((message) => ToolMessage.isInstance(message))).toHaveLength(1);
  });
});
