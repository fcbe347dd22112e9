import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer({ env: { STUDIO_USER: 'alice' } });
});
afterAll(() => server.remove());

const studio = { 'x-auth-scheme': 'langsmith', origin: 'https://smith.langchain.com' };

describe('LangGraph Studio', () => {
  it('finds the assistant, its configuration and its input without signing in', async () => {
    const api = createAgentApi(server.url());
    const found = await api.send('POST', '/assistants/search', {}, studio);
    const { assistant_id: id } = found.json[0];

    const schemas = (await api.send('GET', `/assistants/${id}/schemas`, undefined, studio)).json;
    const graph = await api.send('GET', `/assistants/${id}/graph?xray=true`, undefined, studio);

    expect(Object.keys(schemas.config_schema.properties)).toEqual(['org', 'env']);
    expect(schemas.context_schema).toEqual(schemas.config_schema);
    expect(schemas.input_schema.properties.messages).toBeDefined();
    expect(graph.text).toContain('McpToolsMiddleware.before_agent');
  });

  it('acts as the development user that STUDIO_USER names', async () => {
    const api = createAgentApi(server.url());
    const thread = await api.send('POST', '/threads', {}, studio);
    const body = {
      assistant_id: assistantId,
      input: { messages: [{ role: 'user', content: 'list organizations' }] },
    };

    const run = await api.send('POST', `/threads/${String(thread.json.thread_id)}/runs/wait`, body, studio);

    expect(thread.json.metadata.owner).toBe('http://localhost/dev|alice');
    expect(lastText(run)).toContain('acme');
  });

  it.each([
    ['no origin', { 'x-auth-scheme': 'langsmith' }, 401],
    ['another origin', { ...studio, origin: 'https://evil.example' }, 403],
    ['an origin that looks alike', { ...studio, origin: 'https://smith.langchain.com.evil.example' }, 403],
    ['plain http', { ...studio, origin: 'http://smith.langchain.com' }, 403],
    ['another scheme', { ...studio, 'x-auth-scheme': 'other' }, 401],
  ])('is not believed with %s', async (_what, headers, status) => {
    expect((await createAgentApi(server.url()).send('POST', '/threads', {}, headers)).status).toBe(status);
  });

  it('is not believed beside a token that is refused', async () => {
    const answer = await createAgentApi(server.url(), 'not-a-token').send('POST', '/threads', {}, studio);

    expect(answer.status).toBe(401);
  });

  it('is told the version without credentials, and nothing else is', async () => {
    expect((await createAgentApi(server.url()).send('GET', '/info')).json).toMatchObject({ context: 'js' });
  });

  it('may read answers from its own origin and from loopback, and no other page may', async () => {
    const allowed = async (origin: string): Promise<string | null> => {
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      };
      const answer = await createAgentApi(server.url()).send('OPTIONS', '/threads', undefined, headers);
      return answer.headers.get('access-control-allow-origin');
    };

    expect(await allowed('https://smith.langchain.com')).toBe('https://smith.langchain.com');
    expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
    expect(await allowed('https://evil.example')).toBeNull();
    expect(await allowed('https://smith.langchain.com.evil.example')).toBeNull();
    expect(await allowed('evil+https://smith.langchain.com')).toBeNull();
  });
});

describe('GET /mcp/status', () => {
  it('shows each caller their own tools, and no token', async () => {
    const statusOf = async (name: 'alice' | 'dave'): Promise<Json> => {
      const token = await server.token(name);
      const answer = await createAgentApi(server.url(), token).send('GET', '/mcp/status');
      expect(answer.text).not.toContain(token.split('.')[2]);
      return answer.json;
    };

    const alice = await statusOf('alice');
    const dave = await statusOf('dave');

    expect(alice).toEqual({
      principal: { subject: 'alice', org: 'acme' },
      token: { expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
      servers: [
        {
          name: 'cloud-platform',
          state: 'up',
          required: true,
          lastSuccess: expect.stringMatching(/Z$/),
          lastFailure: null,
          breaker: 'closed',
          latencyMs: expect.any(Number),
          tools: expect.arrayContaining(['create_cloud_resource', 'search_cloud_resources']),
        },
      ],
    });
    expect(dave.servers[0].tools).toContain('search_cloud_resources');
    expect(dave.servers[0].tools).not.toContain('create_cloud_resource');
  });
});
