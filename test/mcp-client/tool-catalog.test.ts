import type { Tool } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createToolCatalogs } from '../../src/mcp-client/tool-catalog.js';

const toolNamed = (name: string, description = name): Tool => ({
  name,
  description,
  inputSchema: { type: 'object', properties: { a: { type: 'string' } } },
});

describe('createToolCatalogs', () => {
  it('gives the same object for the same list', async () => {
    const catalogs = createToolCatalogs();

    const one = await catalogs('s', [toolNamed('a'), toolNamed('b')]);

    expect(await catalogs('s', [toolNamed('a'), toolNamed('b')])).toBe(one);
    expect([...one.tools.keys()]).toEqual(['a', 'b']);
  });

  it('shares the tools of lists that differ in others', async () => {
    const catalogs = createToolCatalogs();

    const all = await catalogs('s', [toolNamed('a'), toolNamed('b')]);
    const some = await catalogs('s', [toolNamed('b')]);

    expect(some).not.toBe(all);
    expect(some.tools.get('b')).toBe(all.tools.get('b'));
  });

  it.each([
    ['another server', 'other', toolNamed('a')],
    ['another description', 's', toolNamed('a', 'Else.')],
  ])('does not share the tool of %s', async (_title, server, tool) => {
    const catalogs = createToolCatalogs();

    const one = await catalogs('s', [toolNamed('a')]);
    const two = await catalogs(server, [tool]);

    expect(two.tools.get('a')).not.toBe(one.tools.get('a'));
    expect(two.tools.get('a')).toMatchObject({ server, description: tool.description });
  });

  it('calls by what each call is given, also at the same time', async () => {
    const { tools } = await createToolCatalogs()('s', [toolNamed('a')]);
    const tool = tools.get('a')!;
    const answer = (text: string) => (name: string, args: Record<string, unknown>) =>
      Promise.resolve({ content: [{ type: 'text' as const, text: `${text} ${name} ${String(args['a'])}` }] });

    const results = await Promise.all(['one', 'two'].map((text) => tool.run({ a: text }, answer(text))));

    expect(results.map(({ content }) => content)).toEqual(['one a one', 'two a two']);
  });
});
