import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toWrapperForms } from '../../src/tools/wrapper-forms.js';

const definition = {
  name: 'make',
  tool: 'create',
  description: '',
  schema: z.object({ name: z.string() }),
  class: 'write',
} as const;
const run = () => Promise.resolve('');

describe('toWrapperForms', () => {
  it('gives the own form first, then one for each translation', () => {
    const translations = [{ generation: 'newer', tool: 'apply', run }];

    expect(toWrapperForms({ ...definition, translations })).toMatchObject([
      { generation: 'own', tool: 'create', translation: undefined },
      { generation: 'newer', tool: 'apply', translation: translations[0] },
    ]);
  });

  it('compares what leaves: of a translation what it sends, and nothing where it calls no tool', () => {
    const [own, apply, anchor] = toWrapperForms({
      ...definition,
      translations: [
        { generation: 'newer', tool: 'apply', sends: z.object({ object: z.string() }), run },
        { generation: 'newer', tool: 'list', run },
      ],
    });
    const live = { type: 'object', required: ['object'] };

    expect(own?.compare(live).verdict).toBe('broken');
    expect(apply?.compare(live).verdict).not.toBe('broken');
    expect(anchor?.compare({ type: 'object', required: ['region'] })).toEqual({ verdict: 'same' });
  });

  it('compares what a default fills in as always sent, and nothing that JSON Schema cannot say', () => {
    const schema = z.object({ size: z.int().default(1), when: z.date().optional() });
    const [own] = toWrapperForms({ ...definition, schema });

    expect(own?.compare({ type: 'object', required: ['size'] }).verdict).not.toBe('broken');
    expect(own?.compare({ type: 'object', properties: { other: {} } }).verdict).toBe('broken');
  });

  it('misses nothing where the wrapper completes its arguments', () => {
    const [own] = toWrapperForms({ ...definition, complete: (args) => ({ ...args, password: 'x' }) });

    expect(own?.compare({ type: 'object', required: ['name', 'password'] }).verdict).not.toBe('broken');
  });
});
