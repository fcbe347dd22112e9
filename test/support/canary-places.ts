/** Reads what a running server leaves behind: files, tables, process arguments. One character for each byte. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteFileForReading } from '../../src/database/sqlite-file.js';

/** A file of a folder. */
export interface FileText {
  /** Its path inside the folder. */
  readonly path: string;
  readonly text: string;
  /** Its permission bits. */
  readonly mode: number;
}

/** Reads every file of a folder and its folders. A file that goes away meanwhile is left out. */
export async function readFiles(folder: string): Promise<readonly FileText[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const [bytes, facts] = await Promise.all([
        readFile(path).catch(() => undefined),
        stat(path).catch(() => undefined),
      ]);
      if (bytes === undefined || facts === undefined) return [];
      return [
        { path: path.slice(folder.length + 1), text: bytes.toString('latin1'), mode: facts.mode & 0o777 },
      ];
    }),
  );
  return read.flat();
}

/** Reads every row of every table of a SQLite file, beside the process that writes it; what a blob holds as its bytes. */
export function readTables(file: string): readonly string[] {
  const { connection, close } = openSqliteFileForReading(file);
  try {
    // SQLite’s own table of tables has this column.
    const tables = connection.prepare("select name from sqlite_master where type = 'table'").all() as {
      readonly name: string;
    }[];
    return tables.flatMap(({ name }) =>
      connection
        .prepare(`select * from "${name}"`)
        .all()
        // A row is an object by column name.
        .map(
          (row) =>
            `${name} ${Object.values(row as object)
              .map(toText)
              .join('\n')}`,
        ),
    );
  } finally {
    close();
  }
}

function toText(value: unknown): string {
  // How the driver gives a blob.
  return value instanceof ArrayBuffer ? Buffer.from(value).toString('latin1') : String(value);
}

/** Of every process that works in a data folder: how it was called, and with which environment. */
export interface ProcessFacts {
  readonly commandLines: readonly string[];
  readonly environments: readonly string[];
}

/** Reads them where the system has /proc; elsewhere there is nothing to read. */
export async function readProcesses(dataDir: string): Promise<ProcessFacts> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const facts = await Promise.all(
    ids.map(async (id) => {
      const read = (name: string): Promise<string> =>
        readFile(join('/proc', id, name), 'latin1').catch(() => '');
      return { commandLine: await read('cmdline'), environment: await read('environ') };
    }),
  );
  const own = facts.filter(({ environment }) => environment.includes(`DATA_DIR=${dataDir}`));
  return {
    commandLines: own.map(({ commandLine }) => commandLine),
    environments: own.map(({ environment }) => environment),
  };
}
