import { MemorySaver } from '@langchain/langgraph';
import { createAgent } from 'langchain';
import { describe, expect, it } from 'vitest';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { createLedgers, wantsWrite } from '../../src/middleware/write-calls.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { agentAudience, testTools, testWrappers } from '../support/test-agent.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

describe('createLedgers', () => {
  it('gives one ledger for one checkpointer', () => {
    const ledgerOf = createLedgers();
    const checkpointer = new MemorySaver();
    const configurable = { __pregel_checkpointer: checkpointer };

    expect(ledgerOf(configurable)).toBe(ledgerOf({ ...configurable }));
    expect(ledgerOf({ __pregel_checkpointer: new MemorySaver() })).not.toBe(ledgerOf(configurable));
  });

  it.each([undefined, {}, { __pregel_checkpointer: true }, { __pregel_checkpointer: null }])(
    'says that a checkpointer is missing from %o',
    (configurable) => {
      expect(() => createLedgers()(configurable)).toThrow(expect.objectContaining({ code: 'ERR_NOT_WIRED' }));
    },
  );
});

describe('wantsWrite', () => {
  it('knows the writes among the wrappers', () => {
    expect(wantsWrite([{ name: 'make_thing', args: {} }], testWrappers)).toBe(true);
    expect(wantsWrite([{ name: 'who_am_i', args: {} }], testWrappers)).toBe(false);
    expect(wantsWrite([{ name: 'other', args: {} }], testWrappers)).toBe(false);
  });
});

describe('an agent without a checkpointer', () => {
  it('reads, and refuses a write by code before anything is called', async () => {
    const server = await startMcpTestServer(testTools);
    const { issuer, jwks, token } = createTokenIssuer([agentAudience, server.url]);
    const agent = createAgent({
      model: new ScriptedModel(
        [{ name: 'who_am_i', args: {} }],
        [{ name: 'make_thing', args: { name: 'a' } }],
      ),
      tools: [...testWrappers],
      middleware: [
        mcpToolsMiddleware({
          tools: testWrappers,
          mcpServers: { platform: { type: 'http', url: server.url, auth: { mode: 'forward' } } },
          tokens: { issuer, audience: agentAudience, jwks },
        }),
      ],
    });
    const run = agent.invoke(
      { messages: [{ role: 'user', content: 'go' }] },
      { configurable: { _user_token: token('alice') } },
    );

    await expect(run).rejects.toMatchObject({ code: 'ERR_NOT_WIRED' });
    await server.close();

    expect(server.calls.map(({ tool }) => tool)).toEqual(['who_am_i']);
  });
});
