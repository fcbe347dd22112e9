import { describe, expect, it } from 'vitest';
import { canMirrorArguments, wantsMirroring } from '../../src/mcp-client/mirrored-arguments.js';

const region = { type: 'string', 'x-mcp-header': 'Region' };

function ofProperties(properties: unknown, more: object = {}): Record<string, unknown> {
  return { type: 'object', properties, ...more };
}

describe('canMirrorArguments', () => {
  it.each([
    ['no wish at all', ofProperties({ a: { type: 'string' } })],
    ['no properties', { type: 'object' }],
    ['plain types', ofProperties({ a: region, b: { type: 'integer', 'x-mcp-header': 'B' } })],
    ['an argument inside another', ofProperties({ a: ofProperties({ b: region }) })],
    ['an argument that is called as the keyword is', ofProperties({ 'x-mcp-header': { type: 'object' } })],
    ['a default that looks like a wish', ofProperties({ a: { default: { 'x-mcp-header': '' } } })],
  ])('holds for %s', (_title, schema) => {
    expect(canMirrorArguments(schema)).toBe(true);
  });

  it.each([
    ['an empty name', ofProperties({ a: { ...region, 'x-mcp-header': '' } })],
    ['a name that is no text', ofProperties({ a: { ...region, 'x-mcp-header': 1 } })],
    ['a line end in a name', ofProperties({ a: { ...region, 'x-mcp-header': 'A\r\nB' } })],
    ['a colon in a name', ofProperties({ a: { ...region, 'x-mcp-header': 'A:B' } })],
    ['a letter beyond ASCII in a name', ofProperties({ a: { ...region, 'x-mcp-header': 'Région' } })],
    ['an object', ofProperties({ a: { ...region, type: 'object' } })],
    ['a number that may have a fraction', ofProperties({ a: { ...region, type: 'number' } })],
    ['two types', ofProperties({ a: { ...region, type: ['string', 'null'] } })],
    ['no type', ofProperties({ a: { 'x-mcp-header': 'Region' } })],
    ['one name twice', ofProperties({ a: region, b: { ...region, 'x-mcp-header': 'REGION' } })],
    ['an element of a list', ofProperties({ a: { type: 'array', items: region } })],
    ['one of several schemas', ofProperties({ a: { anyOf: [region] } })],
    ['a property of an element', ofProperties({ a: { type: 'array', items: ofProperties({ b: region }) } })],
    ['a definition', ofProperties({}, { $defs: { a: region } })],
    ['all arguments', { type: 'object', 'x-mcp-header': 'All' }],
  ])('does not hold for %s', (_title, schema) => {
    expect(canMirrorArguments(schema)).toBe(false);
  });

  it('reads a schema of any depth', () => {
    let schema: Record<string, unknown> = region;
    for (let depth = 0; depth < 20_000; depth += 1) schema = ofProperties({ a: schema });

    expect(canMirrorArguments(schema)).toBe(true);
  });
});

describe('wantsMirroring', () => {
  it.each([
    ['a tool that wants an argument in a header', { a: { type: 'object', properties: { region } } }, true],
    ['a tool that wants none', { a: { type: 'string' } }, false],
  ])('tells %s', (_title, properties, wants) => {
    expect(wantsMirroring({ name: 'place', inputSchema: { type: 'object', properties } })).toBe(wants);
  });
});
