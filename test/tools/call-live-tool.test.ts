import { describe, expect, it } from 'vitest';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { OutcomeError } from '../../src/outcomes.js';
import { requireLiveTool } from '../../src/tools/call-live-tool.js';

const live: LiveTool = {
  name: 'make',
  server: 's',
  description: '',
  schema: {},
  call: () => Promise.reject(new Error('x')),
};
const missing = new OutcomeError({ outcome: 'unavailable' });

describe('requireLiveTool', () => {
  it('finds the tool', () => {
    expect(
      requireLiveTool(
        { tools: new Map([['make', live]]), unavailable: new Map([['extra', missing]]) },
        { name: 'make' },
      ),
    ).toBe(live);
  });

  it('says that it is not offered to this person', () => {
    expect(() => requireLiveTool({ tools: new Map(), unavailable: new Map() }, { name: 'make' })).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ outcome: 'permission-denied' }) as unknown,
      }),
    );
  });

  it('fails as the server did that may offer it', () => {
    expect(() =>
      requireLiveTool({ tools: new Map(), unavailable: new Map([['extra', missing]]) }, { name: 'make' }),
    ).toThrow(missing);
  });
});
