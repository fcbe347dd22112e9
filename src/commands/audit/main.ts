/** Prints the platform's audit trail, or proves it: `npm run audit -- [verify] [--json]`. */
import { parseArgs } from 'node:util';
import { loadEnvFile, readSettings } from '../../config/env.js';
import { openDatabase } from '../../database/open-database.js';
import { ConfigError, isFleetError } from '../../errors.js';
import { platformDatabaseFile } from '../../mcp-server/assemble-platform.js';
import { openAuditTrail, type AuditTrail } from '../../platform/audit-log.js';
import { auditTableHead, toAuditLine } from '../../platform/audit-table.js';

/** Works while the platform runs: it opens the database for reading and takes no lock. */
async function main(): Promise<number> {
  const { verify, json } = readArguments();
  loadEnvFile();
  const settings = readSettings();
  const file = platformDatabaseFile(settings.dataDir);
  const database = await openDatabase({ url: settings.databaseUrl, file, access: 'read' });
  try {
    const trail = openAuditTrail(database);
    return verify ? await printProof(trail) : await printTrail(trail, json);
  } finally {
    await database.close();
  }
}

function readArguments(): { verify: boolean; json: boolean } {
  const wrong = new ConfigError('audit', 'takes nothing, "verify" or "--json"; leave the rest out.');
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1 || (positionals[0] ?? 'verify') !== 'verify') throw wrong;
    return { verify: positionals[0] === 'verify', json: values.json };
  } catch {
    throw wrong;
  }
}

async function printTrail(trail: AuditTrail, json: boolean): Promise<number> {
  if (!json) print(auditTableHead());
  for await (const row of trail.read()) print(json ? JSON.stringify(row) : toAuditLine(row));
  return 0;
}

async function printProof(trail: AuditTrail): Promise<number> {
  const proof = await trail.verify();
  if (proof.intact) {
    print(`audit: ${String(proof.records)} records, the chain is whole; last digest ${proof.digest}`);
    return 0;
  }
  print(`audit: the chain is broken at record ${String(proof.seq)}: ${proof.problem}`);
  return 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${isFleetError(error) ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
