import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OutcomeError } from '../../src/outcomes.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { findOffer, requireOffer, toLiveToolName, toMissing } from '../../src/tools/find-offer.js';
import type { ToolTranslation } from '../../src/tools/wrapper-definition.js';
import { toLiveTool, toToolset } from '../support/toolset-of.js';

const missing = new OutcomeError({ outcome: 'unavailable' });
const string = { type: 'string' };
const brokenSchema = { type: 'object', properties: { name: { type: 'number' } } };

function translation(generation: string, tool: string, more: Partial<ToolTranslation> = {}): ToolTranslation {
  return { generation, tool, run: () => Promise.resolve(generation), ...more };
}

function wrapperOf(translations: readonly ToolTranslation[] = [], server?: string) {
  const schema = z.object({ name: z.string() });
  return defineWrapperTool({
    name: 'make',
    description: 'Makes.',
    schema,
    class: 'read',
    translations,
    server,
  }).wrapper;
}

describe('findOffer', () => {
  it('finds the wrapper’s own tool', () => {
    const offer = findOffer(toToolset([toLiveTool('make')]), wrapperOf());

    expect(offer).toMatchObject({ tool: { name: 'make' }, form: { generation: 'own' } });
  });

  it('finds nothing where nothing is offered', () => {
    expect(
      findOffer(toToolset([toLiveTool('other')]), wrapperOf([translation('newer', 'apply')])),
    ).toBeUndefined();
  });

  it('finds the tool of another generation', () => {
    const offer = findOffer(toToolset([toLiveTool('apply')]), wrapperOf([translation('newer', 'apply')]));

    expect(offer).toMatchObject({ tool: { name: 'apply' }, form: { generation: 'newer' } });
  });

  it('takes a generation of the same names only where it is spoken', () => {
    const spoken = translation('older', 'make', {
      isSpoken: ({ has, schema }) => has('marker') && schema('marker')?.['type'] === 'object',
    });
    const marker = toLiveTool('marker', { schema: { type: 'object' } });
    const elsewhere = { ...marker, server: 'another' };

    expect(findOffer(toToolset([toLiveTool('make'), marker]), wrapperOf([spoken]))?.form.generation).toBe(
      'older',
    );
    expect(findOffer(toToolset([toLiveTool('make')]), wrapperOf([spoken]))?.form.generation).toBe('own');
    expect(findOffer(toToolset([toLiveTool('make'), elsewhere]), wrapperOf([spoken]))?.form.generation).toBe(
      'own',
    );
  });

  it('prefers the own name, and a form whose contract holds to one that is broken', () => {
    const wrapper = wrapperOf([translation('newer', 'apply', { sends: z.object({ name: z.string() }) })]);
    const apply = toLiveTool('apply', { schema: { type: 'object', properties: { name: string } } });
    const brokenMake = toLiveTool('make', { schema: brokenSchema });
    const brokenApply = toLiveTool('apply', { schema: brokenSchema });

    expect(findOffer(toToolset([apply, toLiveTool('make')]), wrapper)?.form.generation).toBe('own');
    expect(findOffer(toToolset([apply, brokenMake]), wrapper)?.form.generation).toBe('newer');
    expect(findOffer(toToolset([brokenApply, brokenMake]), wrapper)).toMatchObject({
      form: { generation: 'own' },
      comparison: { verdict: 'broken' },
    });
  });

  it('looks at the wrapper’s server alone', () => {
    const wrapper = wrapperOf([translation('newer', 'apply')], 's');

    expect(findOffer(toToolset([toLiveTool('make', { server: 'another' })]), wrapper)).toBeUndefined();
    expect(findOffer(toToolset([toLiveTool('apply', { server: 'another' })]), wrapper)).toBeUndefined();
  });

  it('compares a schema once', () => {
    let reads = 0;
    const schema = {
      get type() {
        reads += 1;
        return 'object';
      },
    };
    const toolset = toToolset([toLiveTool('make', { schema })]);
    const wrapper = wrapperOf();

    findOffer(toolset, wrapper);
    const once = reads;
    findOffer(toolset, wrapper);

    expect(once).toBeGreaterThan(0);
    expect(reads).toBe(once);
  });
});

describe('requireOffer', () => {
  it('gives what may be called', () => {
    const toolset = toToolset([toLiveTool('make')], { extra: missing });

    expect(requireOffer(toolset, wrapperOf()).tool.name).toBe('make');
  });

  it('refuses a tool whose contract is broken', () => {
    expect(() =>
      requireOffer(toToolset([toLiveTool('make', { schema: brokenSchema })]), wrapperOf()),
    ).toThrow(expect.objectContaining({ failure: { outcome: 'contract' } }));
  });

  it('says that it is not offered to this person', () => {
    expect(() => requireOffer(toToolset([]), wrapperOf())).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ outcome: 'permission-denied' }) as unknown,
      }),
    );
  });

  it('fails as the server did that may offer it', () => {
    expect(() => requireOffer(toToolset([], { extra: missing }), wrapperOf())).toThrow(missing);
  });
});

describe('toLiveToolName', () => {
  it('is the tool’s name where the model knows it by another', () => {
    const named = { name: 'a', description: '', schema: z.object({}), class: 'read' } as const;

    expect(toLiveToolName(named)).toEqual({ name: 'a' });
    expect(toLiveToolName({ ...named, tool: 'b', server: 's' })).toEqual({ name: 'b', server: 's' });
  });
});

describe('toMissing', () => {
  it('names the tool', () => {
    expect(toMissing(toToolset([]), { name: 'make' }).message).toContain('make');
  });
});
