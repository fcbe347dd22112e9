/** Starts the platform's MCP server: `npm run platform -- [--transport http|stdio]`. */
import { parseArgs } from 'node:util';
import { loadEnvFile, readSettings } from '../config/env.js';
import { ConfigError, isFleetError } from '../errors.js';
import { createLogger, type Logger } from '../logger.js';
import { onStopSignals } from '../stop-signals.js';
import { assemblePlatform, type AssembledPlatform } from './assemble-platform.js';

/** Runs until a signal, or on stdio until stdin ends. */
async function main(): Promise<void> {
  const transport = readTransport();
  loadEnvFile();
  const settings = readSettings();
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const assembled = await assemblePlatform(settings, logger);
  const stop = createStop(assembled, logger);
  onStopSignals(stop);
  try {
    if (transport === 'stdio') {
      await assembled.startStdio();
      process.stdin.once('close', () => stop('stdin ended'));
      return;
    }
    const { url } = await assembled.start();
    logger.info('platform.listening', { url });
  } catch (error) {
    await assembled.close();
    throw error;
  }
}

function createStop(assembled: AssembledPlatform, logger: Logger): (reason: string) => void {
  return (reason) => {
    logger.info('platform.stopping', { reason });
    assembled.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('platform.stop.failed', { error });
        process.exit(1);
      },
    );
  };
}

function readTransport(): 'http' | 'stdio' {
  const transport = readOption();
  if (transport === 'http' || transport === 'stdio') return transport;
  throw new ConfigError('--transport', 'must be "http" or "stdio"; choose one.');
}

function readOption(): string | undefined {
  try {
    return parseArgs({ options: { transport: { type: 'string', default: 'http' } } }).values.transport;
  } catch (cause) {
    throw new ConfigError('platform', 'takes "--transport http" or "--transport stdio" and nothing else.', {
      cause,
    });
  }
}

main().catch((error: unknown) => {
  // A person reads this at the terminal: one sentence when the fault has a name, the stack when it has none.
  const text = isFleetError(error) ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
