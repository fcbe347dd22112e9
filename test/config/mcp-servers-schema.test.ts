import { describe, expect, it } from 'vitest';
import { mcpServersSchema } from '../../src/config/mcp-servers-schema.js';

function messagesOf(mcpServers: unknown): string[] {
  return mcpServersSchema.safeParse({ mcpServers }).error?.issues.map(({ message }) => message) ?? [];
}

describe('mcpServersSchema', () => {
  it.each([
    [
      { one: { type: 'http', url: 'https://h', callTimeoutMs: 1 } },
      'must be at least 100 milliseconds; raise it.',
    ],
    [
      { one: { type: 'http', url: 'https://h', urls: 1 } },
      'has no field ["urls"]; check the spelling or take it out.',
    ],
    [{ one: { type: 'ftp' } }, 'must be http, sse or stdio.'],
    [{ one: { type: 'stdio', command: '' } }, 'must not be empty.'],
    [{ one: { type: 'http' } }, 'must be a text; give one.'],
  ])('has a sentence of its own for %j', (servers, message) => {
    expect(messagesOf(servers)).toEqual([message]);
  });

  it('accepts a file without servers', () => {
    expect(mcpServersSchema.safeParse({ mcpServers: {} }).success).toBe(true);
  });
});
