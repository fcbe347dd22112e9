import { describe, expect, it } from 'vitest';
import { findLiveTool, findMissingServer } from '../../src/mcp-client/find-live-tool.js';
import { OutcomeError } from '../../src/outcomes.js';
import { toLiveTool, toToolset } from '../support/toolset-of.js';

const first = toLiveTool('search', { server: 'docs' });
const second = toLiveTool('search', { server: 'code' });
const failures = ['wiki', 'mail'].map(
  (name) => [name, new OutcomeError({ outcome: 'unavailable', message: name })] as const,
);
const toolset = toToolset([first, second], Object.fromEntries(failures));

describe('findLiveTool', () => {
  it('gives the first server’s tool where none is named', () => {
    expect(findLiveTool(toolset, { name: 'search' })).toBe(first);
  });

  it('gives the tool of the server that is named', () => {
    expect(findLiveTool(toolset, { name: 'search', server: 'docs' })).toBe(first);
    expect(findLiveTool(toolset, { name: 'search', server: 'code' })).toBe(second);
  });

  it('gives no other server’s tool', () => {
    expect(findLiveTool(toolset, { name: 'search', server: 'wiki' })).toBeUndefined();
    expect(findLiveTool(toolset, { name: 'find' })).toBeUndefined();
  });
});

describe('findMissingServer', () => {
  it('gives the failure of the server that is named, or of the first', () => {
    expect(findMissingServer(toolset, { server: 'mail' })?.message).toBe('mail');
    expect(findMissingServer(toolset, {})?.message).toBe('wiki');
    expect(findMissingServer(toolset, { server: 'docs' })).toBeUndefined();
  });
});
