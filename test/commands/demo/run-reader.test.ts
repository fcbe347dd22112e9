import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '../../../src/commands/demo/demo-event.js';
import type { RunResult } from '../../../src/commands/demo/run-reader.js';
import { readRun } from '../../../src/commands/demo/run-reader.js';

type Sent = readonly [name: string, value: unknown];

async function read(...sent: readonly Sent[]): Promise<{ result: RunResult; told: DemoEvent[] }> {
  async function* events() {
    for (const [name, value] of sent) yield { name, data: JSON.stringify(value) };
  }
  const told: DemoEvent[] = [];
  const result = await readRun(events(), (event) => told.push(event));
  return { result, told };
}

const words = (content: unknown): Sent => ['messages', [{ type: 'ai', content }, {}]];
const answered = (content: string, status = 'success'): Sent => [
  'messages',
  [{ type: 'tool', name: 'look', status, content }, {}],
];
const interrupt = (value: unknown): Sent => ['updates', { __interrupt__: [{ value }] }];
const action = { name: 'create', description: 'Create this?', digest: 'd1', args: {} };

describe('readRun', () => {
  it('joins the words, as text or as blocks, and tells each piece', async () => {
    const { result, told } = await read(
      ['metadata', {}],
      words('Hel'),
      words([{ type: 'text', text: 'lo.' }]),
      words(''),
    );

    expect(result.said).toBe('Hello.');
    expect(told.map(({ event }) => event)).toEqual(['words', 'words']);
  });

  it('tells how each call ended', async () => {
    const { result } = await read(
      answered('[]'),
      answered('{"outcome":"not-found"}', 'error'),
      answered('No.', 'error'),
    );

    expect(result.calls.map(({ ending }) => ending)).toEqual(['ok', 'not-found', 'error']);
  });

  it('collects the states that a call reports', async () => {
    const progress = (message: string): Sent => ['custom', { type: 'progress', tool: 'create', message }];
    const { result } = await read(progress('pending'), ['custom', { type: 'other' }], progress('available'));

    expect(result.states).toEqual(['pending', 'available']);
  });

  it('finds the approval that the run stops at and tells it last', async () => {
    const { result, told } = await read(interrupt({ actionRequests: [action] }), words('Mind the costs.'));

    expect(result.approval).toEqual({ tool: 'create', request: 'Create this?', digest: 'd1' });
    expect(told.map(({ event }) => event)).toEqual(['words', 'approval']);
  });

  it('refuses a run that stops for something else', async () => {
    await expect(read(interrupt({ type: 'sign-in' }))).rejects.toThrow('something else than one approval');
  });

  it('refuses a run that ends in an error', async () => {
    await expect(read(['error', { message: 'boom' }])).rejects.toThrow('ended in an error');
  });
});
