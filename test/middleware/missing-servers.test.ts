import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  findMissingServers,
  findUntoldServers,
  joinTold,
  toNotice,
  withoutNotices,
} from '../../src/middleware/missing-servers.js';
import { OutcomeError } from '../../src/outcomes.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { toLiveTool, toToolset } from '../support/toolset-of.js';

const down = new OutcomeError({ outcome: 'unavailable' });
const wrapper = (name: string, server?: string) =>
  defineWrapperTool({ name, description: '', schema: z.object({}), class: 'read', server });

describe('findMissingServers', () => {
  const toolset = toToolset([toLiveTool('have', { server: 'up' })], { mail: down, wiki: down });

  it('names the servers that wrappers name', () => {
    expect(findMissingServers(toolset, [wrapper('have', 'up'), wrapper('send', 'mail')])).toEqual(['mail']);
  });

  it('names all that are down for a wrapper that names none', () => {
    expect(findMissingServers(toolset, [wrapper('send')])).toEqual(['mail', 'wiki']);
  });

  it('names none that no wrapper misses', () => {
    expect(findMissingServers(toolset, [wrapper('have')])).toEqual([]);
  });

  it('leaves out those that the person was told of', () => {
    expect(findUntoldServers(toolset, [wrapper('send')], ['mail'])).toEqual(['wiki']);
    expect(joinTold(['mail'], ['wiki', 'mail'])).toEqual(['mail', 'wiki']);
  });
});

describe('a notice', () => {
  it('is for the person and not for the model', () => {
    const said = [new HumanMessage('hello'), new AIMessage('Hello.')];

    expect(withoutNotices([...said, toNotice(['mail'])])).toEqual(said);
    expect(withoutNotices(said)).toBe(said);
  });

  it('stays one when it is stored and read again', () => {
    const stored = new AIMessage(JSON.parse(JSON.stringify(toNotice(['mail']).toDict())).data);

    expect(withoutNotices([stored])).toEqual([]);
  });
});
