import { tool } from 'langchain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findFleetError } from '../../src/errors.js';
import { OutcomeError as OwnOutcomeError } from '../../src/outcomes.js';
import {
  OutcomeError,
  checkArguments,
  defineWrapperTool,
  isWrapperTool,
} from '../../src/tools/define-wrapper-tool.js';
import { rdsTools } from '../../src/agents/aws-rds-instance-creator/tools.js';
import { cloudResourceTools } from '../../src/contracts/cloud-resource-tools.js';

const sized = defineWrapperTool({
  name: 'make',
  description: 'Makes.',
  schema: z.object({ size: z.int().max(9, 'At most 9.'), tags: z.array(z.string()).optional() }),
  class: 'write',
  check: ({ size }) => (size === 7 ? [{ path: 'size', message: 'Not seven.' }] : []),
});

describe('defineWrapperTool', () => {
  it('makes a tool of a name, a description and a schema', () => {
    expect(sized).toMatchObject({ name: 'make', description: 'Makes.' });
    expect(isWrapperTool(sized)).toBe(true);
  });

  it('says what is missing when it is called outside its middleware', async () => {
    await expect(sized.invoke({ size: 1 })).rejects.toMatchObject({ code: 'ERR_NOT_WIRED' });
  });
});

describe('isWrapperTool', () => {
  it('is not so for other tools', () => {
    const other = tool(() => 'x', { name: 'other', description: 'Other.', schema: z.object({}) });

    for (const candidate of [other, undefined, null, 'make', {}])
      expect(isWrapperTool(candidate)).toBe(false);
  });
});

describe('checkArguments', () => {
  it('finds nothing in good arguments', () => {
    expect(checkArguments(sized.wrapper, { size: 9 })).toEqual([]);
  });

  it('names each field that the schema refuses', () => {
    expect(checkArguments(sized.wrapper, { size: 10, tags: ['a', 1] })).toEqual([
      { path: 'size', message: 'At most 9.' },
      { path: 'tags.1', message: expect.stringMatching(/string/) as unknown },
    ]);
  });

  it('asks the wrapper’s own rules only when the schema is kept', () => {
    expect(checkArguments(sized.wrapper, { size: 7 })).toEqual([{ path: 'size', message: 'Not seven.' }]);
    expect(checkArguments(sized.wrapper, {}).map(({ path }) => path)).toEqual(['size']);
  });
});

describe('the RDS agent’s wrappers', () => {
  it('stand for the platform’s tools, and one of them is a write', () => {
    expect(rdsTools.map(({ name }) => name).sort()).toEqual(Object.keys(cloudResourceTools).sort());
    expect(rdsTools.filter(({ wrapper }) => wrapper.class === 'write').map(({ name }) => name)).toEqual([
      'create_cloud_resource',
    ]);
  });
});

describe('OutcomeError', () => {
  it('is at the door of the package, and one of the family by its code', () => {
    const known = findFleetError(new OutcomeError({ outcome: 'conflict' }));

    expect(OutcomeError).toBe(OwnOutcomeError);
    expect(known?.code === 'ERR_OUTCOME').toBe(true);
  });
});
