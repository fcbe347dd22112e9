/** `npm start`: the platform and the agent server, kept running until a signal. */
import { join } from 'node:path';
import { loadEnvFile, publishSettings, readSettings } from '../config/env.js';
import { withListeningPorts } from '../config/listening-ports.js';
import { openDatabase } from '../database/open-database.js';
import { isFleetError } from '../errors.js';
import { createLogger } from '../logger.js';
import { assemblePlatform } from '../mcp-server/assemble-platform.js';
import { onStopSignals } from '../stop-signals.js';
import { openRecords } from './records/open-records.js';
import { startAgentServer } from './start-agent-server.js';

/** How long a stopping server waits for its runs, in milliseconds. */
const drainMs = 10_000;
/** How long it then waits for those whose calls it has ended. */
const cutMs = 2_000;

async function main(): Promise<void> {
  // A reader of our output that has gone away must not end the server; LangGraph’s logger would write into it for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // The LangGraph server writes its store, what people keep in it, with the modes it finds.
  process.umask(0o077);
  loadEnvFile();
  const settings = readSettings();
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<boolean> => {
    let closedAll = true;
    for (const closeOne of closers.splice(0).reverse()) {
      await closeOne().catch((error: unknown) => {
        closedAll = false;
        logger.error('server.stop.failed', { error });
      });
    }
    return closedAll;
  };
  // Before anything is opened: a signal that comes while the servers start closes what is there.
  onStopSignals((signal) => {
    logger.info('server.stopping', { signal });
    void close().then((closedAll) => process.exit(closedAll ? 0 : 1));
  });
  try {
    const platform = await assemblePlatform(settings, logger);
    closers.push(() => platform.close());
    const { port } = await platform.start();
    const listening = withListeningPorts(settings, { platformPort: port });
    // The LangGraph server imports the graph and its doors by path; the environment is how they learn the address.
    publishSettings(listening);
    const { parts } = await import('./parts.js');
    closers.push(parts.close);
    const { databaseUrl: url, dataDir } = listening;
    const database = await openDatabase({ url, file: join(dataDir, 'records.db'), isErasing: true });
    closers.push(database.close);
    const records = await openRecords({ ...parts, database });
    const server = await startAgentServer(listening, records.ops);
    closers.push(() => server.close());
    closers.push(records.close);
    closers.push(async () => {
      if (await records.drain(drainMs)) return;
      logger.warn('server.runs.cut', { waitedMs: drainMs });
      // Ends the calls that the runs wait for, so that each is recorded as ended.
      await parts.connections.close();
      await records.drain(cutMs);
    });
    announce(server.url, listening.platformMcpUrl);
  } catch (error) {
    await close();
    throw error;
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
