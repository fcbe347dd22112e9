import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ContractSchema } from '../../src/contracts/compare-contract.js';
import { compareContract } from '../../src/contracts/compare-contract.js';
import { cloudResourceTools } from '../../src/contracts/cloud-resource-tools.js';
import { createSchemaValidators } from '../../src/mcp-client/schema-validators.js';
import type { SeededRandom } from '../support/seeded-random.js';
import { createSeededRandom } from '../support/seeded-random.js';

const string = { type: 'string' };
const size = { size: { type: 'integer' } };

function object(properties: object, required: readonly string[] = [], more: object = {}): ContractSchema {
  return { type: 'object', properties, required, ...more };
}

const sent = object({ name: string, ...size }, ['name']);

function verdict(live: ContractSchema, of: ContractSchema = sent, addsFields = false): string {
  return compareContract({ sent: of, live, addsFields }).verdict;
}

const open = { ...sent, additionalProperties: {} };

const broken: readonly (readonly [title: string, live: ContractSchema, reason: string])[] = [
  [
    'requires a field that is never sent',
    object({ name: string, ...size, region: string }, ['region']),
    '"region" is required and never sent',
  ],
  [
    'requires one that it does not even describe',
    object({ name: string, ...size }, ['region']),
    '"region" is required and never sent',
  ],
  [
    'takes no field that it does not name',
    object({ name: string }, [], { additionalProperties: false }),
    '"size" is not taken any more',
  ],
  [
    'does not know a field that is always sent',
    object({ title: string, ...size }),
    '"name" is always sent and not known',
  ],
  [
    'takes another type',
    object({ name: string, size: string }),
    '"size" is sent as integer and taken as string',
  ],
  [
    'takes other types',
    object({ name: string, size: { type: ['string', 'null'] } }),
    '"size" is sent as integer and taken as string or null',
  ],
  [
    'takes another type in every form',
    object({ name: { anyOf: [{ type: 'number' }, { type: 'null' }] }, ...size }),
    '"name" is sent as string and taken as number',
  ],
  [
    'takes another type in one of its parts',
    object({ name: string, ...size }, [], { allOf: [{ required: ['region'] }] }),
    '"region" is required and never sent',
  ],
  ['takes nothing at all in a place', object({ name: string, size: false }), '"size" is not taken any more'],
  [
    'takes other fields as another type',
    object({ name: string }, [], { additionalProperties: string }),
    '"size" is sent as integer and taken as string',
  ],
  ['is no object', { type: 'array' }, 'the whole input is sent as object and taken as array'],
];

const compatible: readonly (readonly [title: string, live: ContractSchema, difference: string])[] = [
  [
    'offers an optional field more',
    object({ name: string, ...size, region: string }, ['name']),
    '"region" is offered and never sent',
  ],
  [
    'requires what is sent sometimes',
    object({ name: string, ...size }, ['name', 'size']),
    '"size" is required and not always sent',
  ],
  [
    'takes a wider type',
    object({ name: string, size: { type: 'number' } }, ['name']),
    '"size" is taken as number',
  ],
  [
    'takes more types',
    object({ name: { type: ['string', 'null'] }, ...size }, ['name']),
    '"name" is taken as string or null',
  ],
  [
    'takes another form too',
    object({ name: { anyOf: [string, { type: 'null' }] }, ...size }),
    '"name" is taken in other forms too',
  ],
  [
    'takes some values of a free text',
    object({ name: { enum: ['a', 'b'] }, ...size }),
    '"name" is taken with some values only',
  ],
  ['does not name an optional field', object({ name: string }), '"size" is not known'],
];

describe('compareContract', () => {
  it.each(broken)('is broken by a tool that %s', (_title, live, reason) => {
    expect(compareContract({ sent, live })).toEqual({ verdict: 'broken', reason });
  });

  it.each(compatible)('is kept by a tool that %s', (_title, live, difference) => {
    expect(compareContract({ sent, live })).toEqual({ verdict: 'compatible', differences: [difference] });
  });

  it.each([
    ['itself', sent],
    [
      'other bounds and texts',
      object({ name: { ...string, minLength: 9, pattern: 'x', description: 'y' }, ...size }, ['name']),
    ],
    [
      'fields that a pattern lets in',
      object({ name: string }, ['name'], { patternProperties: { '^s': {} } }),
    ],
    ['a definition elsewhere', { $ref: '#/$defs/input' }],
  ])('is the same as %s', (_title, live) => {
    expect(verdict(live)).toBe('same');
  });

  it.each([{}, { type: 'object' }, object({})])(
    'does not judge a tool that says nothing of its arguments: %j',
    (live) => {
      expect(verdict(live)).not.toBe('broken');
    },
  );

  describe('with fixed values', () => {
    const one = (schema: object): ContractSchema => object({ engine: schema }, ['engine']);
    const engines = one({ enum: ['postgres', 'mysql'] });

    it.each([
      ['fewer', { enum: ['postgres'] }, 'broken'],
      ['one', { const: 'mysql' }, 'broken'],
      ['others', { enum: ['oracle', 'db2', 'x'] }, 'broken'],
      ['the same in another order', { enum: ['mysql', 'postgres'] }, 'same'],
      ['more', { enum: ['mysql', 'postgres', 'oracle'] }, 'compatible'],
      ['any', {}, 'compatible'],
    ])('takes %s: %j is %s', (_title, live, expected) => {
      expect(verdict(one(live), engines)).toBe(expected);
    });
  });

  it.each([
    ['an object', (inner: ContractSchema) => object({ spec: inner }), '"spec.size"'],
    ['an object in an object', (inner: ContractSchema) => object({ a: object({ b: inner }) }), '"a.b.size"'],
    ['a list', (inner: ContractSchema) => object({ all: { type: 'array', items: inner } }), '"all[].size"'],
  ])('finds what is broken inside %s', (_title, wrap, path) => {
    const live = wrap(object({ name: string, size: string }));

    expect(compareContract({ sent: wrap(sent), live })).toMatchObject({
      reason: expect.stringContaining(path) as unknown,
    });
    expect(verdict(wrap(sent), wrap(sent))).toBe('same');
  });

  it('misses no field of a tool whose wrapper may send any', () => {
    const live = object({ name: string, ...size, region: string }, ['region']);

    expect([verdict(live), verdict(live, open)]).toEqual(['broken', 'compatible']);
  });

  it('misses no required field where the wrapper adds fields unseen', () => {
    const live = object({ name: string, ...size, password: string }, ['name', 'password']);

    expect(verdict(live, sent, true)).toBe('compatible');
    expect(verdict(object({ name: string, size: string }), sent, true)).toBe('broken');
  });

  it('looks at every form that is sent', () => {
    const either = object({ size: { anyOf: [{ type: 'integer' }, { type: 'null' }] } });

    expect(verdict(object(size), either)).toBe('broken');
    expect(verdict(object({ size: { type: ['integer', 'null'] } }), either)).not.toBe('broken');
  });

  it('takes names of the server as names', () => {
    const names = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}') as object;

    expect(verdict(object(names))).toBe('broken');
    expect(verdict(object({}, ['constructor']))).toBe('broken');
  });

  it('cuts what a server names at length, and bears schemas without an end', () => {
    const long = compareContract({ sent, live: object({}, ['x'.repeat(100_000)]) });
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { anyOf: [deep] };

    expect(JSON.stringify(long).length).toBeLessThan(400);
    expect(verdict(object({ name: deep }), sent)).not.toBe('broken');
  });

  it('finds each tool of the platform the same as its own schema', () => {
    for (const schema of Object.values(cloudResourceTools)) {
      const live = z.toJSONSchema(schema, { io: 'input' });
      expect(verdict(live, z.toJSONSchema(schema))).toBe('same');
    }
  });
});

interface Sample {
  readonly schema: ContractSchema;
  /** Makes a value that the schema allows. */
  readonly make: () => unknown;
}

const scalars: readonly Sample[] = [
  { schema: string, make: () => 'text' },
  { schema: { type: 'integer' }, make: () => 7 },
  { schema: { type: 'boolean' }, make: () => true },
  { schema: { enum: ['a', 'b'] }, make: () => 'b' },
];

function sampleObject(random: SeededRandom, depth: number): Sample {
  const fields = random
    .sample(['a', 'b', 'c', 'd'], 1 + random.below(4))
    .map((name) => ({ name, sample: sampleValue(random, depth), isRequired: random.below(2) === 0 }));
  return {
    schema: object(
      Object.fromEntries(fields.map(({ name, sample }) => [name, sample.schema])),
      fields.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    ),
    make: () =>
      Object.fromEntries(
        fields
          .filter(({ isRequired }) => isRequired || random.below(2) === 0)
          .map(({ name, sample }) => [name, sample.make()]),
      ),
  };
}

function sampleValue(random: SeededRandom, depth: number): Sample {
  const kind = depth === 0 ? 0 : random.below(4);
  if (kind === 1) return sampleObject(random, depth - 1);
  if (kind !== 2) return random.pick(scalars);
  const item = sampleValue(random, depth - 1);
  return { schema: { type: 'array', items: item.schema }, make: () => [item.make()] };
}

/** Changes one place of a schema, or adds a field to it. */
function change(schema: ContractSchema, random: SeededRandom): ContractSchema {
  const changed = structuredClone(schema) as { properties: Record<string, object>; required: string[] };
  const name = random.pick([...Object.keys(changed.properties), 'new']);
  const ways: (() => void)[] = [
    () => void (changed.properties[name] = random.pick(scalars).schema),
    () => void Reflect.deleteProperty(changed.properties, name),
    () => void changed.required.push(name),
    () => void Object.assign(changed, { additionalProperties: false }),
  ];
  random.pick(ways)();
  return { ...changed, required: [...new Set(changed.required)] };
}

describe('compareContract over random schemas', () => {
  const random = createSeededRandom(41);
  const validators = createSchemaValidators();
  const rounds = Array.from({ length: 400 }, () => sampleObject(random, 3));

  it('finds every schema the same as itself', () => {
    for (const { schema } of rounds)
      expect(compareContract({ sent: schema, live: structuredClone(schema) })).toEqual({ verdict: 'same' });
  });

  it('is kept by every optional field more, and broken by every required one', () => {
    for (const { schema } of rounds) {
      const { properties, required } = schema as { properties: object; required: string[] };
      const more = { ...schema, properties: { ...properties, new: string } };
      expect(verdict(more, schema)).toBe('compatible');
      expect(verdict({ ...more, required: [...required, 'new'] }, schema)).toBe('broken');
    }
  });

  it('lets through no call that the live schema refuses, but for what is said of it', () => {
    const seen = new Set<string>();
    for (const { schema, make } of rounds) {
      const live = change(schema, random);
      const comparison = compareContract({ sent: schema, live });
      seen.add(comparison.verdict);
      if (comparison.verdict === 'broken') continue;
      const told = 'differences' in comparison ? comparison.differences.join() : '';
      if (/not always sent|some values only/.test(told)) continue;
      const value = make();
      expect([schema, live, value, validators.getValidator(live)(value).valid]).toEqual([
        schema,
        live,
        value,
        true,
      ]);
    }
    expect([...seen].sort()).toEqual(['broken', 'compatible', 'same']);
  });

  it('refuses no call needlessly where one field was taken away or changed in type', () => {
    for (const { schema, make } of rounds) {
      const live = change(schema, random);
      if (verdict(live, schema) !== 'broken') continue;
      const isRefused = (): boolean => !validators.getValidator(live)(make()).valid;
      const isUnknown = JSON.stringify(compareContract({ sent: schema, live })).includes('not known');
      expect(isUnknown || Array.from({ length: 40 }, isRefused).some(Boolean)).toBe(true);
    }
  });
});
