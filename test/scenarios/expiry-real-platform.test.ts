import { Command } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RdsPlatform } from '../support/rds-platform.js';
import { startRdsPlatform } from '../support/rds-platform.js';
import { readResourceNames } from '../support/platform-records.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';

const args = {
  cloud_resource_kind: 'AwsRdsInstance',
  org_id: 'acme',
  env_name: 'dev',
  resource_name: 'orders-db',
  spec: {
    engine: 'postgres',
    engine_version: '16.4',
    instance_class: 'db.t3.small',
    allocated_storage_gb: 20,
    username: 'app_admin',
    subnet_ids: ['subnet-a1', 'subnet-b2'],
    publicly_accessible: false,
  },
};
const approve = { decisions: [{ type: 'approve' }] };

let platform: RdsPlatform;
let shiftMs: number;

beforeEach(async () => {
  shiftMs = 0;
  // Shifted and not faked: the platform’s own work takes time.
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + shiftMs);
  platform = await startRdsPlatform();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await platform.close();
});

function expire(): void {
  shiftMs += 3_600_000;
}

type Moment = 'before the run' | 'between load and call' | 'during the call' | 'during the approval';
const moments: readonly Moment[] = [
  'before the run',
  'between load and call',
  'during the call',
  'during the approval',
];

describe('F34 a token that expires', () => {
  it.each(moments)('%s costs a sign-in and nothing else: one resource is created', async (moment) => {
    const at = (now: Moment): void => {
      if (now === moment) expire();
    };
    const model = new ScriptedModel(
      () => (at('between load and call'), [{ name: 'create_cloud_resource', args }]),
      () => 'It is there.',
    );
    const graph = platform.createGraph(model);
    let token = await platform.token('alice');
    const stops: string[] = [];

    const run = async (input: unknown): Promise<string | undefined> => {
      const config = { configurable: { thread_id: 'thread-1', _user_token: token } };
      const stream = await graph.stream(input as never, { ...config, streamMode: 'custom' });
      for await (const progress of stream) {
        expect(progress).toMatchObject({ type: 'progress' });
        at('during the call');
      }
      const state = await graph.getState({ configurable: { thread_id: 'thread-1' } });
      const value: unknown = state.tasks.flatMap(({ interrupts }) => interrupts)[0]?.value;
      if (value === undefined) return undefined;
      return typeof value === 'object' && value !== null && 'type' in value ? 'sign-in' : 'approval';
    };
    const insist = async (input: unknown): Promise<void> => {
      const stop = await run(input).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'ERR_TOKEN_INVALID', reason: 'expired' });
        return 'refused';
      });
      if (stop === undefined) return;
      stops.push(stop);
      if (stop !== 'approval') token = await platform.token('alice');
      else at('during the approval');
      const answer: unknown = stop === 'approval' ? approve : true;
      await insist(stop === 'refused' ? input : new Command({ resume: answer }));
    };

    at('before the run');
    await insist({ messages: [{ role: 'user', content: 'make it' }] });

    expect(await readResourceNames(platform.dataDir)).toEqual(['orders-db']);
    expect(stops.filter((stop) => stop === 'approval')).toHaveLength(1);
    expect(stops).toHaveLength(2);
    expect(model.shown).toHaveLength(2);
    const { messages } = (await graph.getState({ configurable: { thread_id: 'thread-1' } })).values;
    expect(messages.map(({ type }: { type: string }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
  });
});
