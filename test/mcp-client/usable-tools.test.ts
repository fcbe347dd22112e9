import type { JSONRPCMessage, Tool } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createSchemaValidators } from '../../src/mcp-client/schema-validators.js';
import type { DroppedTool } from '../../src/mcp-client/usable-tools.js';
import { keepUsableTools, withoutMalformedTools } from '../../src/mcp-client/usable-tools.js';

const good = { name: 'good', inputSchema: { type: 'object' } };
const recursive = {
  type: 'object',
  properties: { next: { $ref: '#/$defs/node' } },
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
};

function keep(...tools: readonly object[]) {
  const dropped: DroppedTool[] = [];
  const kept = keepUsableTools(tools as Tool[], createSchemaValidators(), (tool) => dropped.push(tool));
  return { kept: kept.map(({ name }) => name), dropped };
}

describe('keepUsableTools', () => {
  it.each([
    [
      'an input schema that is none',
      { ...good, name: 'a', inputSchema: { type: 'nonsense' } },
      'input-schema',
    ],
    [
      'a pattern that is none',
      { ...good, name: 'a', inputSchema: { type: 'object', properties: { a: { pattern: '[' } } } },
      'input-schema',
    ],
    [
      'a reference to another document',
      {
        ...good,
        name: 'a',
        inputSchema: { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } },
      },
      'input-schema',
    ],
    [
      'an output schema that is none',
      { ...good, name: 'a', outputSchema: { type: 'object', required: 'x' } },
      'output-schema',
    ],
    [
      'an argument to be repeated as a header of no name',
      {
        ...good,
        name: 'a',
        inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': '' } } },
      },
      'mirrored-arguments',
    ],
    ['a description of one megabyte', { ...good, name: 'a', description: 'x'.repeat(1_000_000) }, 'size'],
    ['a control character in its name', { ...good, name: 'a\u0007' }, 'name'],
    ['letters that look like others in its name', { ...good, name: 'gооd' }, 'name'],
    ['no name', { ...good, name: '' }, 'name'],
    ['the name of another', { ...good, description: 'a second one' }, 'duplicate'],
  ])('drops a tool with %s and keeps the others', (_title, bad, fault) => {
    const { kept, dropped } = keep(good, bad, { ...good, name: 'other' });

    expect(kept).toEqual(['good', 'other']);
    expect(dropped).toEqual([{ tool: fault === 'name' ? undefined : bad.name, fault }]);
  });

  it.each([
    ['a recursive schema', { ...good, inputSchema: recursive }],
    [
      'a dialect nobody compiles',
      { ...good, inputSchema: { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' } },
    ],
  ])('keeps a tool with %s', (_title, tool) => {
    expect(keep(tool)).toEqual({ kept: ['good'], dropped: [] });
  });
});

describe('withoutMalformedTools', () => {
  const answer = (tools: unknown): JSONRPCMessage => ({
    jsonrpc: '2.0',
    id: 1,
    result: { tools, nextCursor: 'a' },
  });

  it('takes what is no tool out of a list, and says so', () => {
    const dropped: DroppedTool[] = [];
    const bad = [{ name: 'bad', inputSchema: 'none' }, { inputSchema: { type: 'object' } }, null, 'tool'];

    const message = withoutMalformedTools(answer([good, ...bad]), (tool) => dropped.push(tool));

    expect(message).toEqual(answer([good]));
    expect(dropped.map(({ tool }) => tool)).toEqual(['bad', undefined, undefined, undefined]);
  });

  it('gives every other message back as it is', () => {
    const messages = [answer([good]), answer('none'), { jsonrpc: '2.0' as const, method: 'ping', id: 2 }];

    for (const message of messages) expect(withoutMalformedTools(message, () => undefined)).toBe(message);
  });
});
