import type { RunnableConfig } from '@langchain/core/runnables';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callLiveTool } from '../../src/tools/call-live-tool.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { toIdempotencyKey } from '../../src/tools/idempotency-key.js';
import { toLiveTool, toSlot, toToolset } from '../support/toolset-of.js';

const { wrapper } = defineWrapperTool({
  name: 'look',
  description: 'Looks.',
  schema: z.object({}),
  class: 'read',
  present: (text) => `${text}!`,
});

describe('callLiveTool', () => {
  it('gives the text as the wrapper presents it, and tells how far the call is', async () => {
    const live = toLiveTool('look', {
      call: (_args, { onProgress }) => {
        onProgress?.({ progress: 1, total: 3, message: 'first' });
        return Promise.resolve({ content: 'seen', artifact: 'beside' });
      },
    });
    const told: unknown[] = [];
    // LangGraph hands a tool more than LangChain’s type says.
    const config = { writer: (event: unknown) => told.push(event), toolCallId: 'call-1' } as RunnableConfig;

    const result = await callLiveTool({ wrapper, slot: toSlot(toToolset([live])) }, {}, config);

    expect(result).toEqual(['seen!', 'beside']);
    expect(told).toEqual([
      { type: 'progress', tool: 'look', toolCallId: 'call-1', progress: 1, total: 3, message: 'first' },
    ]);
  });

  it.each([
    ['write', toIdempotencyKey({ threadId: 'thread-1', toolCallId: 'call-1' })],
    ['read', undefined],
  ] as const)('sends of a %s the key %s', async (kind, key) => {
    const sent: unknown[] = [];
    const live = toLiveTool('look', {
      call: (_args, { idempotencyKey }) => {
        sent.push(idempotencyKey);
        return Promise.resolve({ content: 'seen', artifact: undefined });
      },
    });
    const config = { configurable: { thread_id: 'thread-1' }, toolCallId: 'call-1' };

    await callLiveTool({ wrapper: { ...wrapper, class: kind }, slot: toSlot(toToolset([live])) }, {}, config);

    expect(sent).toEqual([key]);
  });

  it('calls nothing whose contract is broken', async () => {
    const live = toLiveTool('look', { schema: { type: 'object', required: ['region'] } });

    const call = callLiveTool({ wrapper, slot: toSlot(toToolset([live])) }, {}, {});

    await expect(call).rejects.toMatchObject({ failure: { outcome: 'contract' } });
  });
});
