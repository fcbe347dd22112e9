import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { completeArguments } from '../../src/mcp-client/completed-arguments.js';
import { callOffer, toReadCall } from '../../src/tools/call-offer.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { requireOffer } from '../../src/tools/find-offer.js';
import type { ToolTranslation, Wrapper } from '../../src/tools/wrapper-definition.js';
import { toLiveTool, toToolset } from '../support/toolset-of.js';

const secret = 'canary-Password-5512';

interface Sent {
  readonly tool: string;
  readonly isWrite: boolean;
  /** The arguments as everything above the wire sees them, and as they leave. */
  readonly seen: unknown;
  readonly left: unknown;
}

function recorded(name: string, sent: Sent[], answer: unknown = `${name} answered`): LiveTool {
  return toLiveTool(name, {
    call: (seen, { isWrite, complete }) => {
      sent.push({ tool: name, isWrite, seen, left: completeArguments(seen, complete).args });
      return Promise.resolve({ content: answer, artifact: ['a block'] });
    },
    readResource: (uri) => Promise.resolve(`text of ${uri}`),
  });
}

const newer: ToolTranslation = {
  generation: 'newer',
  tool: 'apply',
  run: async ({ name }, server) => {
    const looked = await server.read('list', { all: true });
    const text = await server.call(({ spec }) => ({ object: { name, spec } }));
    return [looked, text, await server.resource('x://y')].join(', ');
  },
};

const make = defineWrapperTool({
  name: 'make',
  description: 'Makes.',
  schema: z.object({ name: z.string(), spec: z.record(z.string(), z.unknown()) }),
  class: 'write',
  complete: (args) => ({ ...args, spec: { ...(args['spec'] as object), password: secret } }),
  translations: [newer],
}).wrapper;

const args = { name: 'x', spec: { size: 1 } };

function offered(wrapper: Wrapper, tools: readonly LiveTool[]) {
  const toolset = toToolset(tools);
  return { wrapper, toolset, offer: requireOffer(toolset, wrapper) };
}

describe('callOffer', () => {
  it('makes a call in the wrapper’s own form', async () => {
    const sent: Sent[] = [];

    const result = await callOffer(offered(make, [recorded('make', sent)]), args);

    expect(result).toEqual({ content: 'make answered', artifact: ['a block'] });
    expect(sent).toEqual([
      { tool: 'make', isWrite: true, seen: args, left: { ...args, spec: { size: 1, password: secret } } },
    ]);
  });

  it('puts what is completed in its translated place, where the call leaves and not before', async () => {
    const sent: Sent[] = [];

    const result = await callOffer(offered(make, [recorded('apply', sent), recorded('list', sent)]), args);

    expect(result).toEqual({ content: 'list answered, apply answered, text of x://y', artifact: undefined });
    expect(sent).toEqual([
      { tool: 'list', isWrite: false, seen: { all: true }, left: { all: true } },
      {
        tool: 'apply',
        isWrite: true,
        seen: { object: { name: 'x', spec: { size: 1 } } },
        left: { object: { name: 'x', spec: { size: 1, password: secret } } },
      },
    ]);
  });

  it('gives several blocks to a translation as JSON', async () => {
    const blocks = [{ type: 'text', text: 'a' }];
    const result = await callOffer(
      offered(make, [recorded('apply', [], blocks), recorded('list', [])]),
      args,
    );

    expect(result.content).toContain(JSON.stringify(blocks));
  });

  it('reads no tool that its server does not offer', async () => {
    const list = { ...recorded('list', []), server: 'another' };

    await expect(callOffer(offered(make, [recorded('apply', []), list]), args)).rejects.toMatchObject({
      failure: { outcome: 'permission-denied' },
    });
  });
});

describe('toReadCall', () => {
  const find = defineWrapperTool({
    name: 'find',
    description: 'Finds.',
    schema: z.object({}),
    class: 'read',
  });

  it('reads a wrapper at the server of the write, and a name where it is offered first', async () => {
    const here = recorded('find', [], 'here');
    const first = { ...recorded('find', [], 'elsewhere'), server: 'another' };
    const read = toReadCall(offered(make, [first, here, recorded('make', [])]));

    expect(await read(find, {})).toBe('here');
    expect(await read('find', {})).toBe('elsewhere');
  });

  it('never writes', async () => {
    const sent: Sent[] = [];
    const read = toReadCall(offered(make, [recorded('find', sent), recorded('make', sent)]));

    await read(find, {});
    await read('make', {});

    expect(sent.map(({ isWrite }) => isWrite)).toEqual([false, false]);
  });

  it('refuses a wrapper whose contract is broken', async () => {
    const broken = toLiveTool('find', { schema: { type: 'object', required: ['region'] } });
    const read = toReadCall(offered(make, [broken, recorded('make', [])]));

    await expect(read(find, {})).rejects.toMatchObject({ failure: { outcome: 'contract' } });
  });
});
