/**
 * Prints the platform's audit trail, or proves it: `npm run audit -- [--json]`, or `npm run audit -- verify
 * [--entries <n>] [--head <digest>]` with what an earlier proof printed.
 */
import { parseArgs } from 'node:util';
import { loadEnvFile, readSettings } from '../../config/env.js';
import { openDatabase } from '../../database/open-database.js';
import { ConfigError, isFleetError } from '../../errors.js';
import { platformDatabaseFile } from '../../mcp-server/assemble-platform.js';
import { openAuditTrail, type AuditTrail, type KeptHead } from '../../platform/audit-log.js';
import { auditTableHead, toAuditLine } from '../../platform/audit-table.js';

/** Works while the platform runs: it opens the database for reading and takes no lock. */
async function main(): Promise<number> {
  const { verify, json, kept } = readArguments();
  loadEnvFile();
  const settings = readSettings();
  const file = platformDatabaseFile(settings.dataDir);
  const database = await openDatabase({ url: settings.databaseUrl, file, access: 'read' });
  try {
    const trail = openAuditTrail(database);
    return verify ? await printProof(trail, kept) : await printTrail(trail, json);
  } finally {
    await database.close();
  }
}

interface AuditArguments {
  readonly verify: boolean;
  readonly json: boolean;
  readonly kept: KeptHead;
}

function readArguments(): AuditArguments {
  const { values, positionals } = parseWords();
  const { json, entries, head } = values;
  const verify = positionals[0] === 'verify';
  if (positionals.length > (verify ? 1 : 0)) throw wrongWords();
  if (!verify && (entries !== undefined || head !== undefined)) throw wrongWords();
  if (entries !== undefined && !/^\d{1,15}$/.test(entries))
    throw new ConfigError('--entries', 'must be the number of records that an earlier proof printed.');
  if (head !== undefined && !/^[\da-f]{64}$/.test(head))
    throw new ConfigError('--head', 'must be the digest that an earlier proof printed, 64 characters.');
  return {
    verify,
    json,
    kept: { records: entries === undefined ? undefined : Number(entries), digest: head },
  };
}

const options = {
  json: { type: 'boolean', default: false },
  entries: { type: 'string' },
  head: { type: 'string' },
} as const;

function parseWords() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch {
    throw wrongWords();
  }
}

function wrongWords(): ConfigError {
  return new ConfigError(
    'audit',
    'takes nothing, "--json", or "verify" with or without "--entries" and "--head"; leave the rest out.',
  );
}

async function printTrail(trail: AuditTrail, json: boolean): Promise<number> {
  if (!json) print(auditTableHead());
  for await (const row of trail.read()) print(json ? JSON.stringify(row) : toAuditLine(row));
  return 0;
}

async function printProof(trail: AuditTrail, kept: KeptHead): Promise<number> {
  const proof = await trail.verify(kept);
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
