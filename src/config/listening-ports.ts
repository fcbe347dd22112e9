/** Settings after the servers listen: what port 0 became, and every address that follows from it. */
import { isLoopbackHost } from '../secure-url.js';
import type { Settings } from './env.js';

const loopback = '127.0.0.1';

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
  const { host } = settings;
  const renew = (address: string): string => {
    if (address === toPlatformUrl(settings.platformPort, host)) return toPlatformUrl(platformPort, host);
    return address === toAgentUrl(settings.port, host) ? toAgentUrl(port, host) : address;
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

/** The platform's MCP endpoint on this machine, as a process beside it reaches it. */
export function toPlatformUrl(platformPort: number, host = loopback): string {
  return `${toAgentUrl(platformPort, host)}/mcp`;
}

/** The agent server on this machine, as a process beside it reaches it: at HOST where that is a loopback address. */
export function toAgentUrl(port: number, host = loopback): string {
  return toListenUrl(isLoopbackHost(host) ? host : loopback, port);
}

/** The URL of a listen address: IPv6 in brackets, and loopback for an address that stands for every other. */
export function toListenUrl(host: string, port: number): string {
  const name = ['0.0.0.0', '::'].includes(host) ? loopback : host;
  return `http://${/^[^[]*:/.test(name) ? `[${name}]` : name}:${String(port)}`;
}
