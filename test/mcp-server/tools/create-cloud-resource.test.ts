import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/logger.js';
import type { ToolContext } from '../../../src/mcp-server/define-tool.js';
import { createCloudResource } from '../../../src/mcp-server/tools/create-cloud-resource.js';
import { createManualClock, type ManualClock } from '../../../src/testing/manual-clock.js';
import { callerFor, createInput, openTestPlatform, type TestPlatform } from '../../support/test-platform.js';

let test: TestPlatform;
let clock: ManualClock;
let context: ToolContext;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  clock = createManualClock();
  test = await openTestPlatform({ clock, lifecycle: { creatingAfterMs: 1000, finalAfterMs: 60_000 } });
  const signal = new AbortController().signal;
  context = {
    platform: test.platform,
    logger: createLogger({ format: 'json', write: (line) => lines.push(line) }),
    caller: callerFor('alice'),
    signal,
    reportProgress: undefined,
    credentialsUrl: undefined,
  };
});
afterEach(() => test.close());

describe('create_cloud_resource', () => {
  it('answers at once when no progress is asked for', async () => {
    expect(await createCloudResource.handle(createInput(), context)).toMatchObject({ state: 'pending' });
  });

  it('answers after five seconds with the state of then, one report a state', async () => {
    const reports: unknown[] = [];
    const reportProgress = async (...report: unknown[]): Promise<void> => void reports.push(report);
    const answer = createCloudResource.handle(createInput(), { ...context, reportProgress });
    for (const ms of [1000, 4000]) {
      await clock.waited();
      clock.advance(ms);
    }

    expect(await answer).toMatchObject({ state: 'creating' });
    expect(reports).toEqual([
      [1, 3, 'pending'],
      [2, 3, 'creating'],
    ]);
  });

  it('answers with the state it knows last when the watch breaks off: the resource is recorded', async () => {
    const reportProgress = (): Promise<void> => Promise.reject(new Error('the client is gone'));
    const answer = await createCloudResource.handle(createInput(), { ...context, reportProgress });

    expect(answer).toMatchObject({ name: 'orders', state: 'pending' });
    expect(lines.join('\n')).toMatch(/"level":"warn","event":"platform.watch.failed"/);
    expect(await test.audit()).toMatchObject([{ decision: 'allowed', outcome: 'ok' }]);
  });

  it('leaves one audit record, however long it stays open', async () => {
    await createCloudResource.handle(createInput(), context);
    expect(await test.audit()).toHaveLength(1);
  });
});
