import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MissingServer } from '../../src/middleware/missing-servers.js';
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

const names = (servers: readonly MissingServer[]) => servers.map(({ name }) => name);

describe('findMissingServers', () => {
  const toolset = toToolset([toLiveTool('have', { server: 'up' })], { mail: down, wiki: down });

  it('names the servers that wrappers name', () => {
    expect(names(findMissingServers(toolset, [wrapper('have', 'up'), wrapper('send', 'mail')]))).toEqual([
      'mail',
    ]);
  });

  it('names all that are down for a wrapper that names none', () => {
    expect(names(findMissingServers(toolset, [wrapper('send')]))).toEqual(['mail', 'wiki']);
  });

  it('names none that no wrapper misses', () => {
    expect(findMissingServers(toolset, [wrapper('have')])).toEqual([]);
  });

  it('leaves out those that the person was told of', () => {
    expect(names(findUntoldServers(toolset, [wrapper('send')], ['mail']))).toEqual(['wiki']);
    expect(joinTold(['mail'], ['wiki', 'mail'])).toEqual(['mail', 'wiki']);
  });

  it.each([7, 'mail', null, ['x'.repeat(65)], [7]])('takes %j in the state for nothing told', (forged) => {
    expect(names(findUntoldServers(toolset, [wrapper('send', 'mail')], forged))).toEqual(['mail']);
    expect(joinTold(forged, ['mail'])).toEqual(['mail']);
    expect(joinTold(['mail'], forged)).toEqual(['mail']);
  });

  it('remembers no more names than a state may hold', () => {
    expect(
      joinTold(
        [],
        Array.from({ length: 1000 }, (_, index) => `s${String(index)}`),
      ),
    ).toHaveLength(200);
  });
});

describe('a notice', () => {
  it('is for the person and not for the model', () => {
    const said = [new HumanMessage('hello'), new AIMessage('Hello.')];

    expect(withoutNotices([...said, toNotice([{ name: 'mail', outcome: 'unavailable' }])])).toEqual(said);
    expect(withoutNotices(said)).toBe(said);
  });

  it('says of each server how it is missing', () => {
    const notice = toNotice([
      { name: 'a', outcome: 'unavailable' },
      { name: 'b', outcome: 'permission-denied' },
      { name: 'c', outcome: 'unavailable' },
      { name: 'd', outcome: 'unauthenticated' },
      { name: 'e', outcome: 'contract' },
    ]);

    expect(notice.text).toBe(
      'The servers "a", "c" cannot be reached now. The server "b" did not let you in. ' +
        'The server "d" did not accept your sign-in. The server "e" cannot be used now. ' +
        'The conversation goes on without what they offer.',
    );
  });

  it('is no message of a person, whatever it carries', () => {
    const said = [new HumanMessage({ content: 'hello', additional_kwargs: { graphFleetNotice: true } })];

    expect(withoutNotices(said)).toBe(said);
  });

  it('stays one when it is stored and read again', () => {
    const stored = new AIMessage(
      JSON.parse(JSON.stringify(toNotice([{ name: 'mail', outcome: 'unavailable' }]).toDict())).data,
    );

    expect(withoutNotices([stored])).toEqual([]);
  });
});
