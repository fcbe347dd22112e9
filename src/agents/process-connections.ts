/**
 * The MCP side of this process, shared by all of its agents and by the server that serves them: one breaker and one
 * state of health for each server, told alike to runs, `GET /mcp/status` and `GET /metrics`.
 */
import { loadEnvFile, readSettings } from '../config/env.js';
import { loadMcpServers } from '../config/mcp-servers.js';
import { createLogger } from '../logger.js';
import type { McpConnections } from '../mcp-client/mcp-connections.js';
import { createMcpConnections } from '../mcp-client/mcp-connections.js';
import type { McpEvent, McpObserver } from '../mcp-client/mcp-observer.js';

loadEnvFile();

/** Made when the first run, or the server’s start, asks for it; a failure is not kept, so a setting that was mended is seen. */
export const processConnections = createProcessConnections();

interface ProcessConnections {
  /** Gives the connections. @throws {@link ConfigError} when `mcp-servers.json` is wrong. */
  get(): McpConnections;
  /** Tells an observer of everything from now on. */
  observe(observer: McpObserver): void;
}

function createProcessConnections(): ProcessConnections {
  const observers: McpObserver[] = [];
  const tell = (event: McpEvent): void => {
    for (const observer of observers) observer(event);
  };
  let made: McpConnections | undefined;
  return {
    get: () => (made ??= connect(tell)),
    observe: (observer) => void observers.push(observer),
  };
}

function connect(observer: McpObserver): McpConnections {
  const { mcpServersFile, expansion, logLevel, logFormat } = readSettings();
  const servers = loadMcpServers(mcpServersFile, expansion);
  return createMcpConnections({
    servers,
    logger: createLogger({ level: logLevel, format: logFormat }),
    observer,
  });
}
