/** Why PostgreSQL cannot be used, for whoever set DATABASE_URL. */
import { ConfigError } from '../errors.js';

const reasons: Readonly<Record<string, string>> = {
  '28000': 'PostgreSQL refuses the user; correct the URL.',
  '28P01': 'PostgreSQL refuses the password; correct the URL.',
  '3D000': 'PostgreSQL has no database of that name; make it with createdb, or correct the URL.',
};

/** Makes an error that names the setting from what PostgreSQL, or its absence, said. @see PostgreSQL, appendix A */
export function toPostgresRefusal(cause: unknown): ConfigError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = reasons[code] ?? 'PostgreSQL does not answer there; start it or correct the URL.';
  return new ConfigError('DATABASE_URL', reason, { cause });
}
