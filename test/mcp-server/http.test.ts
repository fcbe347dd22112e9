import { describe, expect, it } from 'vitest';
import { createInput } from '../support/test-platform.js';
import { readResult, runPlatform } from '../support/platform-server.js';

describe('startPlatformServer', () => {
  it('lets a call that is on its way end before it closes, and takes no new one', async () => {
    const running = await runPlatform();
    const client = await running.client('alice');
    let closing: Promise<void> | undefined;
    const onprogress = (): void => {
      closing ??= running.server.close();
    };
    const result = await client.callTool(
      { name: 'create_cloud_resource', arguments: createInput() },
      { onprogress },
    );

    expect(readResult(result).value).toMatchObject({ state: 'available' });
    await expect(fetch(running.server.url)).rejects.toThrow();
    await closing;
    await running.close();
  });

  it('keeps the callers of simultaneous requests apart', async () => {
    const running = await runPlatform();
    const people = ['alice', 'carol', 'bob', 'dave'] as const;
    const clients = await Promise.all(people.map((person) => running.client(person)));
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const result = await clients[index % 4]?.callTool({ name: 'list_organizations' });
        return JSON.stringify(readResult(result).value);
      }),
    );

    answers.forEach((answer, index) => {
      expect(answer).toContain(people[index % 4] === 'carol' ? 'globex' : 'acme');
    });
    await running.close();
  });
});
