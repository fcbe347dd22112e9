/** Fills `${NAME}` and `${NAME:-default}` in every text of a parsed file. */
import { ConfigError } from '../errors.js';

const variable = /\$\{([^}]*)\}/g;
const variableForm = /^([A-Za-z_]\w*)(?::-(.*))?$/s;
const maximumDepth = 20;

/** What {@link expandVariables} reads from and says in errors. */
export interface ExpandVariablesOptions {
  /** Names and their texts; an empty text counts as unset. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file's name, for errors. */
  readonly file: string;
}

/**
 * Returns a copy with every variable filled in. Names of members are left alone, and what a variable holds is not
 * expanded again.
 *
 * @param path where the value stands in the file.
 * @throws {@link ConfigError} naming path and variable when it is unset and has no default, or is not written as one.
 */
export function expandVariables(value: unknown, path: string, options: ExpandVariablesOptions): unknown {
  if (typeof value === 'string') return expandText(value, path, options);
  if (typeof value !== 'object' || value === null) return value;
  if (path.split('.').length > maximumDepth)
    throw new ConfigError(path, `is nested too deeply in ${options.file}.`);
  if (Array.isArray(value)) {
    return value.map((member, index) => expandVariables(member, joinPath(path, String(index)), options));
  }
  const members = Object.entries(value);
  if (members.some(([name]) => name === '__proto__')) {
    throw new ConfigError(path, `has a member "__proto__"; rename it in ${options.file}.`);
  }
  return Object.fromEntries(
    members.map(([name, member]) => [name, expandVariables(member, joinPath(path, name), options)]),
  );
}

function expandText(text: string, path: string, { env, file }: ExpandVariablesOptions): string {
  return text.replace(variable, (_written, inner: string) => {
    const [, name, fallback] = variableForm.exec(inner) ?? [];
    if (name === undefined) {
      throw new ConfigError(
        path,
        `a variable is written \${NAME} or \${NAME:-default}; correct it in ${file}.`,
      );
    }
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (found !== undefined && found !== '') return found;
    if (fallback !== undefined) return fallback;
    throw new ConfigError(path, `the variable ${name} is not set; set it, or give a default in ${file}.`);
  });
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
