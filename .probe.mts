import { MemorySaver, Command } from '@langchain/langgraph';
import { createAgent } from 'langchain';
import { z } from 'zod';
import { createTokenVerifier } from './src/auth/token-verifier.js';
import { createLogger } from './src/logger.js';
import { mcpToolsMiddleware } from './src/middleware/mcp-tools.js';
import { defineWrapperTool } from './src/tools/define-wrapper-tool.js';
import { createTokenIssuer } from './test/support/token-issuer.js';
import { startMcpTestServer, textResult } from './test/support/mcp-test-server.js';
import { ScriptedModel } from './test/support/scripted-model.js';
const server = await startMcpTestServer({
  whoami: { description: 'live whoami', run: (_a, c) => textResult(`you are ${c.subject}`) },
  make: { schema: z.object({ name: z.string(), secret: z.string().optional() }), run: async (a, c) => { await c.progress('half', 0.5); return textResult({ made: a['name'] }); } },
});
const iss = createTokenIssuer(['agent', server.url]);
const tools = [
  defineWrapperTool({ name: 'whoami', description: 'x', schema: z.object({}), class: 'read' }),
  defineWrapperTool({ name: 'make', description: 'x', schema: z.object({ name: z.string() }), class: 'write', complete: (a) => ({ ...a, secret: 's3cret' }) }),
  defineWrapperTool({ name: 'nothere', description: 'x', schema: z.object({}), class: 'read' }),
];
const model = new ScriptedModel([{ name: 'whoami', args: {} }], 'hello', [{ name: 'make', args: { name: 'a' } }], 'made it');
const agent = createAgent({ model, tools, checkpointer: new MemorySaver(), middleware: [mcpToolsMiddleware({ tools, logger: createLogger({level:'debug', format: 'json'}),
  mcpServers: { s: { type: 'http', url: server.url, auth: { mode: 'forward' } } },
  tokens: async () => createTokenVerifier({ issuer: iss.issuer, audience: 'agent', keys: iss.keys }) })] });
const cfg = { configurable: { thread_id: 't1', _user_token: iss.token('alice') } };
try {
const r = await agent.invoke({ messages: [{ role: 'user', content: 'hi' }] }, cfg);
console.log(r.messages.map((m: any) => [m.getType(), m.content]));
console.log(model.shown[0].tools.map(t => [t.name, t.description, JSON.stringify(t.parameters)]));
const r2: any = await agent.invoke({ messages: [{ role: 'user', content: 'make a' }] }, cfg);
console.log(JSON.stringify(r2.__interrupt__));
try { await agent.invoke(new Command({ resume: 'garbage' }) as any, cfg); } catch (e: any) { console.log('garbage →', e.code, e.name, e.message); }
console.log('tasks', JSON.stringify((await agent.graph.getState(cfg)).tasks));
for await (const ev of await agent.graph.stream(new Command({ resume: { decisions: [{ type: 'approve' }] } }), { ...cfg, streamMode: ['custom', 'updates'] })) console.log(JSON.stringify(ev).slice(0, 300));
console.log(server.requests, JSON.stringify(server.calls));
} catch (e) { console.log('ERR', e); }
await server.close(); 
setTimeout(()=>process.exit(0), 500).unref();
