/** `npm run mcp:status -- [name] [--token-file <path>] [--json]`: how the MCP servers of the agent server are, for one person. */
import { loadEnvFile, readSettings } from '../../config/env.js';
import { isFleetError } from '../../errors.js';
import { redactOutput } from '../../redacted-output.js';
import { readCallerArguments, readCallerToken } from '../mcp-caller.js';
import { areRequiredUp } from '../server-advice.js';
import { fetchStatus } from './fetch-status.js';
import { toStatusReport } from './status-report.js';

/** Gives the exit code: 0 when every required server is up. */
async function main(): Promise<number> {
  const caller = readCallerArguments('mcp:status', process.argv.slice(2));
  loadEnvFile();
  const settings = readSettings();
  const token = await readCallerToken(caller, settings);
  const status = await fetchStatus(settings.agentServerUrl, token);
  const lines = caller.json ? [JSON.stringify(status)] : toStatusReport(status, Date.now());
  process.stdout.write(`${lines.join('\n')}\n`);
  return areRequiredUp(status.servers) ? 0 : 1;
}

for (const stream of [process.stdout, process.stderr]) redactOutput(stream);
main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${isFleetError(error) ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
