import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi } from '../support/agent-api.js';
import { createAgentApi } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { storeLabelOf } from '../../src/server/authenticated-user.js';

let server: TestAgentServer;
let alice: AgentApi;
let bob: AgentApi;

beforeAll(async () => {
  server = await startAgentServer();
  alice = createAgentApi(server.url(), await server.token('alice'));
  bob = createAgentApi(server.url(), await server.token('bob'));
});
afterAll(() => server.remove());

describe('the store', () => {
  const place = { namespace: ['notes', 'work'], key: 'today' };

  it('keeps each person’s items apart, under whatever name they are asked for', async () => {
    await alice.send('PUT', '/store/items', { ...place, value: { text: 'of alice' } });

    expect((await alice.send('GET', '/store/items?namespace=notes.work&key=today')).json).toMatchObject({
      ...place,
      value: { text: 'of alice' },
    });
    expect((await bob.send('GET', '/store/items?namespace=notes.work&key=today')).json).toBeNull();
    await bob.send('DELETE', '/store/items', place);
    await bob.send('PUT', '/store/items', { ...place, value: { text: 'of bob' } });
    for (const namespace_prefix of [[], ['notes'], ['notes', 'work']]) {
      const found = await alice.send('POST', '/store/items/search', { namespace_prefix });
      expect(found.json.items).toMatchObject([{ ...place, value: { text: 'of alice' } }]);
      expect((await bob.send('POST', '/store/items/search', { namespace_prefix })).text).not.toContain(
        'alice',
      );
    }
  });

  it('lists a person’s own namespaces alone, to the depth that is asked for', async () => {
    await alice.send('PUT', '/store/items', { namespace: ['secret-plan'], key: 'a', value: {} });

    const own = await alice.send('POST', '/store/namespaces', { max_depth: 1 });

    expect(own.json.namespaces).toEqual(expect.arrayContaining([['secret-plan']]));
    for (const body of [{}, { prefix: ['secret-plan'] }, { suffix: ['secret-plan'] }, { max_depth: 3 }]) {
      expect((await bob.send('POST', '/store/namespaces', body)).text).not.toContain('secret-plan');
    }
  });

  it('is not entered under the label of another person', async () => {
    await alice.send('PUT', '/store/items', { namespace: ['mine'], key: 'k', value: { text: 'of alice' } });
    const label = storeLabelOf('http://localhost/dev|alice');

    const found = await bob.send('POST', '/store/items/search', { namespace_prefix: [label] });
    await bob.send('PUT', '/store/items', { namespace: [label, 'planted'], key: 'k', value: {} });

    expect(found.json.items).toEqual([]);
    expect((await alice.send('POST', '/store/namespaces', {})).text).not.toContain('planted');
  });
});
