import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/env.js';
import { toListenUrl, withListeningPorts } from '../../src/config/listening-ports.js';

const free = { PORT: '0', PLATFORM_PORT: '0' };

describe('withListeningPorts', () => {
  it('makes every default address again', () => {
    expect(withListeningPorts(readSettings(free), { port: 3000, platformPort: 4000 })).toMatchObject({
      port: 3000,
      platformPort: 4000,
      platformMcpUrl: 'http://127.0.0.1:4000/mcp',
      platformAudience: 'http://127.0.0.1:4000/mcp',
      agentServerUrl: 'http://127.0.0.1:3000',
      expansion: { PLATFORM_MCP_URL: 'http://127.0.0.1:4000/mcp' },
    });
  });

  it('makes default addresses again at the host that they were made with', () => {
    const settings = readSettings({ ...free, HOST: '::1' });

    expect(withListeningPorts(settings, { port: 3000, platformPort: 4000 })).toMatchObject({
      platformMcpUrl: 'http://[::1]:4000/mcp',
      platformAudience: 'http://[::1]:4000/mcp',
      agentServerUrl: 'http://[::1]:3000',
    });
  });

  it('can be told one port after the other', () => {
    const settings = readSettings(free);
    const atOnce = withListeningPorts(settings, { port: 3000, platformPort: 4000 });

    expect(withListeningPorts(withListeningPorts(settings, { platformPort: 4000 }), { port: 3000 })).toEqual(
      atOnce,
    );
  });

  it('leaves alone what the operator has set', () => {
    const settings = readSettings({
      ...free,
      PLATFORM_MCP_URL: 'https://platform/mcp',
      PLATFORM_AUDIENCE: 'platform',
      AGENT_SERVER_URL: 'https://agents',
    });

    expect(withListeningPorts(settings, { port: 3000, platformPort: 4000 })).toEqual({
      ...settings,
      port: 3000,
      platformPort: 4000,
    });
  });

  it('changes neither the settings it was given nor their freezing', () => {
    const settings = readSettings(free);
    const changed = withListeningPorts(settings, { port: 1, platformPort: 2 });

    expect(settings.port).toBe(0);
    expect(Object.isFrozen(changed) && Object.isFrozen(changed.expansion)).toBe(true);
  });
});

describe('toListenUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:2024'],
    ['::1', 'http://[::1]:2024'],
    ['fd00::5', 'http://[fd00::5]:2024'],
    ['10.0.0.5', 'http://10.0.0.5:2024'],
    ['agents.example.com', 'http://agents.example.com:2024'],
    ['0.0.0.0', 'http://127.0.0.1:2024'],
    ['::', 'http://127.0.0.1:2024'],
  ])('writes the listen address %s as %s', (host, url) => {
    expect(toListenUrl(host, 2024)).toBe(url);
    expect(new URL(url).port).toBe('2024');
  });
});
