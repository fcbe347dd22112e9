import { tool } from 'langchain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toOfferedTools } from '../../src/middleware/offered-tools.js';
import { OutcomeError } from '../../src/outcomes.js';
import { listEnvironmentsForOrg } from '../../src/tools/cloud-resources.js';
import { makeThing, whoAmI } from '../support/test-agent.js';
import { toLiveTool, toToolset } from '../support/toolset-of.js';

const local = tool(() => 'x', { name: 'local', description: 'Local.', schema: z.object({}) });
const schema = { type: 'object', properties: { live: { type: 'string' } } };

const liveTool = (description = 'Live.') => toLiveTool('who_am_i', { description, schema });

const ignore = (): void => undefined;

describe('toOfferedTools', () => {
  it('shows live definitions, leaves out what the person lacks, and leaves other tools alone', () => {
    const toolset = toToolset([liveTool()]);

    expect(toOfferedTools([whoAmI, makeThing, local], toolset, ignore)).toEqual([
      { type: 'function', function: { name: 'who_am_i', description: 'Live.', parameters: schema } },
      local,
    ]);
  });

  it('keeps wrappers while an optional server is down', () => {
    const failure = new OutcomeError({ outcome: 'unavailable' });
    const toolset = toToolset([], { extra: failure });

    expect(toOfferedTools([whoAmI, local], toolset, ignore)).toEqual([whoAmI, local]);
  });

  it('does not show tools of a server that the agent has no wrapper for', () => {
    const toolset = toToolset([liveTool()]);

    expect(toOfferedTools([local], toolset, ignore)).toEqual([local]);
  });

  it('cuts a description that is too long', () => {
    const toolset = toToolset([liveTool('x'.repeat(100_000))]);

    expect(JSON.stringify(toOfferedTools([whoAmI], toolset, ignore)).length).toBeLessThan(5000);
  });

  it('shows a wrapper as itself where its contract is broken, and tells of it', () => {
    const told: unknown[] = [];
    const broken = toLiveTool('who_am_i', { schema: { type: 'object', required: ['region'] } });

    expect(toOfferedTools([whoAmI], toToolset([broken]), (each) => told.push(each))).toEqual([whoAmI]);
    expect(told).toEqual([{ server: 's', tool: 'who_am_i', reason: '"region" is required and never sent' }]);
  });

  it('shows a wrapper as itself where it is translated', () => {
    const toolset = toToolset([toLiveTool('list_environments'), toLiveTool('list_cloud_resources')]);

    expect(toOfferedTools([listEnvironmentsForOrg], toolset, ignore)).toEqual([listEnvironmentsForOrg]);
  });
});
