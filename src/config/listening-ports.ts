/** Settings after the servers listen: what port 0 became, and every address that follows from it. */
import type { Settings } from './env.js';

/** The ports that are really listened on. */
export interface ListeningPorts {
  /** The agent server's; unchanged when left out. */
  readonly port?: number | undefined;
  /** The platform's; unchanged when left out. */
  readonly platformPort?: number | undefined;
}

/** Returns settings with these ports, and with each default address that was made from the old ones made again. */
export function withListeningPorts(settings: Settings, ports: ListeningPorts): Settings {
  const { port = settings.port, platformPort = settings.platformPort } = ports;
  const renew = (address: string): string => {
    if (address === toPlatformUrl(settings.platformPort)) return toPlatformUrl(platformPort);
    return address === toAgentUrl(settings.port) ? toAgentUrl(port) : address;
  };
  const platformMcpUrl = renew(settings.platformMcpUrl);
  return Object.freeze({
    ...settings,
    port,
    platformPort,
    platformMcpUrl,
    platformAudience: renew(settings.platformAudience),
    agentServerUrl: renew(settings.agentServerUrl),
    expansion: Object.freeze({ ...settings.expansion, PLATFORM_MCP_URL: platformMcpUrl }),
  });
}

/** The platform's MCP endpoint on this machine. */
export function toPlatformUrl(platformPort: number): string {
  return `http://127.0.0.1:${String(platformPort)}/mcp`;
}

/** The agent server on this machine. */
export function toAgentUrl(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}
