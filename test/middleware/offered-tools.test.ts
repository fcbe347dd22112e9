import { tool } from 'langchain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { toOfferedTools } from '../../src/middleware/offered-tools.js';
import { OutcomeError } from '../../src/outcomes.js';
import { makeThing, whoAmI } from '../support/test-agent.js';

const local = tool(() => 'x', { name: 'local', description: 'Local.', schema: z.object({}) });
const schema = { type: 'object', properties: { live: { type: 'string' } } };

function liveTool(description = 'Live.'): LiveTool {
  return {
    name: 'who_am_i',
    server: 's',
    description,
    schema,
    call: () => Promise.reject(new Error('not called')),
  };
}

describe('toOfferedTools', () => {
  it('shows live definitions, leaves out what the person lacks, and leaves other tools alone', () => {
    const toolset = { tools: new Map([['who_am_i', liveTool()]]), unavailable: new Map() };

    expect(toOfferedTools([whoAmI, makeThing, local], toolset)).toEqual([
      { type: 'function', function: { name: 'who_am_i', description: 'Live.', parameters: schema } },
      local,
    ]);
  });

  it('keeps wrappers while an optional server is down', () => {
    const failure = new OutcomeError({ outcome: 'unavailable' });
    const toolset = { tools: new Map<string, LiveTool>(), unavailable: new Map([['extra', failure]]) };

    expect(toOfferedTools([whoAmI, local], toolset)).toEqual([whoAmI, local]);
  });

  it('does not show tools of a server that the agent has no wrapper for', () => {
    const toolset = { tools: new Map([['who_am_i', liveTool()]]), unavailable: new Map() };

    expect(toOfferedTools([local], toolset)).toEqual([local]);
  });

  it('cuts a description that is too long', () => {
    const toolset = { tools: new Map([['who_am_i', liveTool('x'.repeat(100_000))]]), unavailable: new Map() };

    expect(JSON.stringify(toOfferedTools([whoAmI], toolset)).length).toBeLessThan(5000);
  });
});
