/**
 * `npm run mcp:check -- [name] [--token-file <path>] [--json]`: tries every server of `mcp-servers.json` as one person,
 * in this process and without an agent server.
 */
import { rdsTools } from '../../agents/aws-rds-instance-creator/tools.js';
import type { BearerToken } from '../../auth/bearer-token.js';
import type { Principal } from '../../auth/principal.js';
import { selectVerificationKeys } from '../../auth/select-verification-keys.js';
import { createTokenVerifier } from '../../auth/token-verifier.js';
import type { Settings } from '../../config/env.js';
import { loadEnvFile, readSettings } from '../../config/env.js';
import { loadMcpServers } from '../../config/mcp-servers.js';
import { TokenInvalidError, isFleetError } from '../../errors.js';
import { createLogger } from '../../logger.js';
import { createClientPool } from '../../mcp-client/client-pool.js';
import { createCredential } from '../../mcp-client/credential.js';
import { createToolCatalogs } from '../../mcp-client/tool-catalog.js';
import { redactOutput } from '../../redacted-output.js';
import { onStopSignals } from '../../stop-signals.js';
import { readCallerArguments, readCallerToken } from '../mcp-caller.js';
import { areRequiredUp } from '../server-advice.js';
import { checkContracts } from './check-contracts.js';
import type { CheckFindings } from './check-report.js';
import { toCheckReport } from './check-report.js';
import { checkServer } from './check-server.js';

/** Gives the exit code: 0 when every required server is up and no contract is broken. */
async function main(): Promise<number> {
  const caller = readCallerArguments('mcp:check', process.argv.slice(2));
  loadEnvFile();
  const settings = readSettings();
  const token = await readCallerToken(caller, settings);
  const principal = await verify(token, settings);
  const findings = await checkAll(token, principal, settings);
  const lines = caller.json ? [JSON.stringify(findings)] : toCheckReport(findings);
  process.stdout.write(`${lines.join('\n')}\n`);
  const isBroken = findings.contracts.some(({ contract }) => contract === 'broken');
  return areRequiredUp(findings.servers) && !isBroken ? 0 : 1;
}

/** As the agents do it: what they would refuse is not sent anywhere. */
async function verify(token: BearerToken, settings: Settings): Promise<Principal> {
  const { authIssuer: issuer, authAudience: audience, authJwksUrl, authJwksFile, dataDir } = settings;
  const keys = await selectVerificationKeys({ jwksUrl: authJwksUrl, jwksFile: authJwksFile, dataDir });
  return createTokenVerifier({ issuer, audience, keys }).verify(token);
}

async function checkAll(
  token: BearerToken,
  principal: Principal,
  { mcpServersFile, expansion, logLevel, logFormat }: Settings,
): Promise<CheckFindings> {
  const servers = loadMcpServers(mcpServersFile, expansion);
  const credential = createCredential(token, principal);
  const logger = createLogger({ level: logLevel, format: logFormat });
  // One try tells how a server is; a second would hide that the first failed.
  const pool = createClientPool({ logger, health: { retries: { maxRetries: 0 } } });
  const catalogs = createToolCatalogs();
  const { subject, organization } = principal;
  try {
    const checked = await Promise.all(
      servers.map((server) => checkServer({ server, credential, pool, catalogs })),
    );
    const wrappers = rdsTools.map(({ wrapper }) => wrapper);
    return {
      who: organization === undefined ? subject : `${subject} of ${organization}`,
      servers: checked.map(({ check }) => check),
      contracts: checkContracts(
        checked.flatMap(({ catalog }) => catalog ?? []),
        wrappers,
      ),
    };
  } finally {
    await pool.close();
  }
}

for (const stream of [process.stdout, process.stderr]) redactOutput(stream);
// The processes of stdio servers end with this one, when it ends by `exit`.
onStopSignals(() => process.exit(130));
main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const reason = error instanceof TokenInvalidError ? ` (${error.reason})` : '';
    process.stderr.write(`${isFleetError(error) ? `${error.message}${reason}` : String(error)}\n`);
    process.exitCode = 1;
  },
);
