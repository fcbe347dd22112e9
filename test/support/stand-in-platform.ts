/** What the stand-ins for platforms of other generations have in common. They are written for tests, from what is known of those platforms. */

/** A resource as a stand-in keeps it. */
export interface KeptResource {
  readonly id: string;
  readonly kind: string;
  readonly org: string;
  readonly env: string;
  readonly name: string;
  readonly tags?: readonly string[] | undefined;
  /** With its password: these platforms give it to whoever may read the resource. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One tool call as it came. */
export interface StandInCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly subject: string;
}

/** A running stand-in. */
export interface StandInPlatform {
  /** Its entry in `mcp-servers.json`. */
  readonly entry: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly calls: readonly StandInCall[];
  readonly resources: KeptResource[];
  /** Takes tools out of what is listed, or puts them back with an empty list. */
  hide(...tools: readonly string[]): void;
  /** Answers the next call of a tool with a failure in these words. */
  fail(tool: string, words: string): void;
  /** Answers the next call of a tool with this text, as if it had gone well; the tool does its work all the same. */
  tell(tool: string, text: string): void;
  close(): Promise<void>;
}

/** The subject of a token that nobody verifies. */
export function subjectOf(authorization: string | undefined): string {
  const part = authorization?.replace(/^Bearer /, '').split('.')[1] ?? '';
  // Tokens of the tests are JWTs.
  const claims = JSON.parse(Buffer.from(part, 'base64url').toString() || '{}') as { readonly sub?: string };
  return claims.sub ?? 'nobody';
}

/** The fields of AwsRdsInstance as both generations know them. */
export const rdsFields: Readonly<Record<string, string>> = {
  subnet_ids: 'string[]',
  db_subnet_group_name: 'string',
  security_group_ids: 'string[]',
  engine: 'string',
  engine_version: 'string',
  instance_class: 'string',
  allocated_storage_gb: 'int32',
  storage_encrypted: 'bool',
  kms_key_id: 'string',
  username: 'string',
  password: 'string',
  port: 'int32',
  publicly_accessible: 'bool',
  multi_az: 'bool',
  parameter_group_name: 'string',
  option_group_name: 'string',
};

/** What is wrong with a spec, in the words of protojson; undefined when nothing is. */
export function findSpecFault(spec: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(spec).find((name) => !(name in rdsFields));
  if (unknown !== undefined) return `proto: unknown field "${unknown}"`;
  return typeof spec['password'] === 'string' && spec['password'] !== ''
    ? undefined
    : 'spec.password: value length must be at least 1 characters';
}

/** Gives what stands under a name, once. */
export function take(texts: Map<string, string>, name: string): string | undefined {
  const text = texts.get(name);
  texts.delete(name);
  return text;
}
