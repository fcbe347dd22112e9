import { describe, expect, it } from 'vitest';
import { cloudResourceTools } from '../../src/contracts/cloud-resource-tools.js';
import { adding, reading } from '../../src/mcp-server/define-tool.js';
import { toolCatalog } from '../../src/mcp-server/tool-catalog.js';

describe('toolCatalog', () => {
  it('holds every tool of the contract, in its order', () => {
    expect(toolCatalog.map(({ name }) => name)).toEqual(Object.keys(cloudResourceTools));
  });

  it('calls one tool a writing one', () => {
    const writing = toolCatalog.filter(({ annotations }) => annotations !== reading);
    expect(writing.map(({ name, annotations }) => [name, annotations])).toEqual([
      ['create_cloud_resource', adding],
    ]);
  });
});
