import { describe, expect, it } from 'vitest';
import {
  parseToolResult,
  toKindFields,
  toPlaces,
  toResource,
  toResources,
} from '../../../src/agents/offline-model/tool-result.js';

const resource = {
  id: 'res_1',
  name: 'orders-db',
  cloud_resource_kind: 'AwsRdsInstance',
  org: 'acme',
  env: 'dev',
  state: 'pending',
  created_by: 'alice',
  created_at: '2030-01-01T00:00:00Z',
};

describe('parseToolResult', () => {
  it('gives the value of a success', () => {
    expect(parseToolResult('{"id":1}', false)).toEqual({ ok: true, value: { id: 1 } });
    expect(parseToolResult('plain', false)).toEqual({ ok: true, value: 'plain' });
  });

  it('takes a success that looks like a failure for what its status says', () => {
    expect(parseToolResult('{"outcome":"permission-denied"}', false)).toMatchObject({ ok: true });
  });

  it('gives the ending, the message, the issues and the details of a failure', () => {
    const content = {
      outcome: 'invalid-argument',
      message: 'm',
      next: 'n',
      issues: [{ path: 'p', message: 'q' }],
      details: 'd',
    };

    expect(parseToolResult(JSON.stringify(content), true)).toEqual({
      ok: false,
      ending: 'invalid-argument',
      message: 'm',
      issues: [{ path: 'p', message: 'q' }],
      details: 'd',
    });
  });

  it.each([
    '',
    'Error: boom',
    '{"outcome":"ok"}',
    '{"outcome":"toString"}',
    '{"outcome":"made-up"}',
    '[]',
    'null',
  ])('calls the failure %j unreadable', (text) => {
    expect(parseToolResult(text, true)).toMatchObject({ ok: false, ending: 'unreadable', issues: [] });
  });

  it('drops issues of another form', () => {
    expect(parseToolResult('{"outcome":"conflict","issues":"all"}', true)).toMatchObject({
      ending: 'conflict',
      issues: [],
    });
  });
});

describe('toResource', () => {
  it('gives a resource, and nothing for anything else', () => {
    expect(toResource(resource)).toEqual(resource);
    expect(toResource({ ...resource, state: 'gone' })).toBeUndefined();
    expect(toResource('text')).toBeUndefined();
  });
});

describe('toResources', () => {
  it('finds the list, also inside one member, and leaves out what is no resource', () => {
    expect(toResources([resource, 1, {}])).toEqual([resource]);
    expect(toResources({ total: 1, resources: [resource] })).toEqual([resource]);
    expect(toResources('text')).toEqual([]);
  });
});

describe('toPlaces', () => {
  it('leaves out what has no slug', () => {
    expect(toPlaces([{ slug: 'dev' }, { name: 'x' }, null])).toEqual([{ slug: 'dev' }]);
  });
});

describe('toKindFields', () => {
  it('gives properties and the required names', () => {
    expect(toKindFields({ schema: { properties: { a: {} } } })).toEqual({
      properties: { a: {} },
      required: [],
    });
    expect(toKindFields({ schema: {} })).toBeUndefined();
  });
});
