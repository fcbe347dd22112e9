/**
 * The errors of the project: one family, told apart by `code`.
 * No message holds a token, a header, an argument value or text that came from a remote system.
 */

/** One thing that is wrong with an argument: where it stands and what would be right. */
export interface ArgumentIssue {
  /** Path of the field, e.g. `spec.instance_class`; empty for the whole value. */
  readonly path: string;
  /** What is wrong, the bound, and the next step, in one sentence. */
  readonly message: string;
}

/** Why a bearer token was refused; a closed set that is safe to log. */
export type TokenRefusal =
  | 'malformed'
  | 'too-large'
  | 'header'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'claims'
  | 'expired'
  | 'not-yet-valid'
  | 'lifetime';

/** The base of every error this project throws on purpose. */
export abstract class FleetError extends Error {
  /** A stable identifier, unchanged between releases. */
  abstract readonly code: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean = false;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting or a configuration file is wrong; thrown at start, before anything listens. */
export class ConfigError extends FleetError {
  readonly code = 'ERR_CONFIG';
  /** The setting, or the path inside the file. */
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}

/** The run or request carries no token. @see RFC 6750 section 3.1 */
export class TokenMissingError extends FleetError {
  readonly code = 'ERR_TOKEN_MISSING';

  constructor() {
    super('Sign in: this run carries no user token.');
  }
}

/** The token was read and refused. @see RFC 8725, RFC 9068 section 4 */
export class TokenInvalidError extends FleetError {
  readonly code = 'ERR_TOKEN_INVALID';
  /** The closed reason, for the operator's log. */
  readonly reason: TokenRefusal;

  constructor(reason: TokenRefusal, options?: ErrorOptions) {
    super(
      reason === 'expired'
        ? 'Sign in again: the token has expired.'
        : 'Sign in again: the token was refused.',
      options,
    );
    this.reason = reason;
  }
}

/** The keys that verify tokens cannot be read now; the token may be good. */
export class KeysUnavailableError extends FleetError {
  readonly code = 'ERR_KEYS_UNAVAILABLE';
  override readonly retryable = true;

  constructor(options?: ErrorOptions) {
    super('Tokens cannot be verified now, the key server does not answer; try again soon.', options);
  }
}

/** Somebody other than the thread's owner tried to use it. */
export class PrincipalMismatchError extends FleetError {
  readonly code = 'ERR_PRINCIPAL_MISMATCH';

  constructor() {
    super('This thread belongs to another person; start a thread of your own.');
  }
}

/** The principal is known and may not do this. */
export class PermissionDeniedError extends FleetError {
  readonly code = 'ERR_PERMISSION_DENIED';
  /** The missing permission, e.g. `create AwsRdsInstance in acme/prod`. */
  readonly permission: string;

  constructor(permission: string) {
    super(`You may not ${permission}; ask an administrator of the organization for it.`);
    this.permission = permission;
  }
}

/** The token is good and lacks a scope. @see RFC 6750 section 3.1 */
export class InsufficientScopeError extends FleetError {
  readonly code = 'ERR_INSUFFICIENT_SCOPE';
  /** Every scope that the operation needs, separated by spaces. */
  readonly scope: string;

  constructor(scope: string) {
    super(`The token lacks the scope ${JSON.stringify(scope)}; sign in again and ask for it.`);
    this.scope = scope;
  }
}

/** An argument is outside its bounds. */
export class InvalidArgumentError extends FleetError {
  readonly code = 'ERR_INVALID_ARGUMENT';
  /** Every issue found, not only the first. */
  readonly issues: readonly ArgumentIssue[];

  constructor(issues: readonly ArgumentIssue[]) {
    super(issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join(' '));
    this.issues = issues;
  }
}

/** The thing does not exist, or not for this principal. */
export class NotFoundError extends FleetError {
  readonly code = 'ERR_NOT_FOUND';
  /** What kind of thing, e.g. `organization`. */
  readonly kind: string;
  /** The identifier asked for. */
  readonly id: string;

  constructor(kind: string, id: string) {
    super(
      `There is no ${kind} ${JSON.stringify(id)} that you may see; check the spelling or list them first.`,
    );
    this.kind = kind;
    this.id = id;
  }
}

/** The thing exists already. */
export class ConflictError extends FleetError {
  readonly code = 'ERR_CONFLICT';
  /** What kind of thing, e.g. `AwsRdsInstance`. */
  readonly kind: string;
  /** The identifier that is taken. */
  readonly id: string;

  constructor(kind: string, id: string) {
    super(`A ${kind} named ${JSON.stringify(id)} exists already; choose another name.`);
    this.kind = kind;
    this.id = id;
  }
}

/** The platform cannot write its records now, the audit trail among them; nothing was changed. */
export class StorageUnavailableError extends FleetError {
  readonly code = 'ERR_STORAGE_UNAVAILABLE';
  override readonly retryable = true;

  constructor(options?: ErrorOptions) {
    super('The platform cannot keep its records now and changed nothing; try again soon.', options);
  }
}

/** The database of threads and runs does not answer, or refuses; what it said stands in `cause`. */
export class DatabaseUnavailableError extends FleetError {
  readonly code = 'ERR_DATABASE_UNAVAILABLE';
  override readonly retryable = true;

  constructor(options?: ErrorOptions) {
    super('The database does not answer now; try again soon.', options);
  }
}

/** A resume value does not have the shape that the open interrupt asks for; the interrupt stays open. */
export class ResumeInvalidError extends FleetError {
  readonly code = 'ERR_RESUME_INVALID';
}

/** A sealed token does not open: sealed with another key, for another job, in another form, or changed since. */
export class SealedTokenError extends FleetError {
  readonly code = 'ERR_SEALED_TOKEN';

  constructor() {
    super(
      'The sealed token does not open; seal it as docs/worker.md says, with the same TOKEN_SEAL_KEY and for this job.',
    );
  }
}

/** Redis does not answer, or refuses; whether the last thing that was sent arrived is not known. */
export class RedisUnavailableError extends FleetError {
  readonly code = 'ERR_REDIS_UNAVAILABLE';
  override readonly retryable = true;
  /** The code of the connection’s failure, or the first word of the refusal, e.g. `ECONNREFUSED` or `OOM`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`Redis cannot be used now (${reason}); try again soon, with the same job id.`);
    this.reason = reason;
  }
}

/** A part that must be set up before the run was not: a fault of the program, never of the user. */
export class NotWiredError extends FleetError {
  readonly code = 'ERR_NOT_WIRED';
}

/** Every error of the family, so that `switch (error.code)` narrows. */
export type AnyFleetError =
  | ConfigError
  | TokenMissingError
  | TokenInvalidError
  | KeysUnavailableError
  | PrincipalMismatchError
  | PermissionDeniedError
  | InsufficientScopeError
  | InvalidArgumentError
  | NotFoundError
  | ConflictError
  | StorageUnavailableError
  | DatabaseUnavailableError
  | ResumeInvalidError
  | SealedTokenError
  | RedisUnavailableError
  | NotWiredError
  // OutcomeError by its code: it is defined in outcomes.ts, which is built on this file.
  | (FleetError & { readonly code: 'ERR_OUTCOME' });

/** The closed set of codes. */
export type FleetErrorCode = AnyFleetError['code'];

/** Tells whether a value is an error of this family. */
export function isFleetError(value: unknown): value is AnyFleetError {
  return value instanceof FleetError;
}

/**
 * Finds the error of this family that a framework may have wrapped.
 *
 * @returns the first error of the family along the `cause` chain, at most ten steps down, else undefined.
 */
export function findFleetError(value: unknown): AnyFleetError | undefined {
  let current = value;
  for (let depth = 0; depth < 10 && current instanceof Error; depth += 1) {
    if (isFleetError(current)) return current;
    current = current.cause;
  }
  return undefined;
}
