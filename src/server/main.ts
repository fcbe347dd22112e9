/** `npm start`: the platform and the agent server, kept running until a signal. */
import { fileURLToPath } from 'node:url';
import { loadEnvFile, publishSettings, readSettings } from '../config/env.js';
import { withListeningPorts } from '../config/listening-ports.js';
import { isFleetError } from '../errors.js';
import { createLogger } from '../logger.js';
import { assemblePlatform } from '../mcp-server/assemble-platform.js';
import { startAgentServer } from './start-agent-server.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function main(): Promise<void> {
  loadEnvFile();
  const settings = readSettings();
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.reverse()) await closeOne();
  };
  try {
    const platform = await assemblePlatform(settings, logger);
    closers.push(() => platform.close());
    const { port } = await platform.start();
    const listening = withListeningPorts(settings, { platformPort: port });
    // The LangGraph server imports the graph and its doors by path; the environment is how they learn the address.
    publishSettings(listening);
    const { parts } = await import('./parts.js');
    closers.push(parts.close);
    const server = await startAgentServer(listening, root);
    closers.push(() => server.close());
    announce(server.url, listening.platformMcpUrl);
  } catch (error) {
    await close();
    throw error;
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info('server.stopping', { signal });
      void close().then(() => process.exit(0));
    });
  }
}

function announce(agentUrl: string, platformUrl: string): void {
  process.stdout.write(
    [
      `agent server  ${agentUrl}`,
      `platform MCP  ${platformUrl}`,
      'a token       npm run -s token -- alice',
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${isFleetError(error) ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
