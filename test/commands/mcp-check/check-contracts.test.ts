import type { Tool } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkContracts } from '../../../src/commands/mcp-check/check-contracts.js';
import type { ContractCheck } from '../../../src/commands/mcp-check/check-contracts.js';
import { createToolCatalogs } from '../../../src/mcp-client/tool-catalog.js';
import { defineWrapperTool } from '../../../src/tools/define-wrapper-tool.js';

const { wrapper } = defineWrapperTool({
  name: 'search',
  description: 'Searches.',
  schema: z.object({ org: z.string() }),
  class: 'read',
});

/** How the wrapper fits where the tool of this name takes these properties. */
async function check(
  name: string,
  properties: Tool['inputSchema']['properties'],
  required: string[],
): Promise<ContractCheck> {
  const inputSchema: Tool['inputSchema'] = { type: 'object', properties, required };
  const catalog = await createToolCatalogs()('code', [{ name, inputSchema }]);
  const [found] = checkContracts([catalog], [wrapper]);
  if (found === undefined) throw new Error('There is one wrapper.');
  return found;
}

const org = { type: 'string' };

describe('checkContracts', () => {
  it('says same of a tool that takes what the wrapper sends', async () => {
    expect(await check('search', { org }, ['org'])).toMatchObject({
      tool: 'search',
      contract: 'same',
      server: 'code',
      generation: 'own',
    });
  });

  it('says compatible of one that takes more, and broken of one that asks for more, with what differs', async () => {
    expect(await check('search', { org, kind: org }, ['org'])).toMatchObject({
      contract: 'compatible',
      notes: [expect.stringContaining('kind')],
    });
    expect(await check('search', { org, kind: org }, ['org', 'kind'])).toMatchObject({
      contract: 'broken',
      notes: [expect.stringContaining('kind')],
    });
  });

  it('says not-offered of a tool that no server has for this person', async () => {
    expect(await check('find', { org }, [])).toEqual({
      tool: 'search',
      contract: 'not-offered',
      server: null,
      generation: null,
      notes: [],
    });
  });
});
