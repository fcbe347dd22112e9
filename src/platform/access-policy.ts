/** Who may do what: Cedar policies, read once at the start. Everything that no policy permits is denied. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { ConfigError } from '../errors.js';
import { toCedarRequest, type AccessRequest } from './access-request.js';

/** What the policies say to one request. */
export interface AccessDecision {
  readonly allowed: boolean;
  /** Ids of the policies that decided; `no-policy-permits-it` when none did. */
  readonly reason: string;
}

/** The loaded policies. */
export interface AccessPolicy {
  /** Decides one request; pure, and well under a millisecond. */
  decide(request: AccessRequest): AccessDecision;
  /** The roles that the schema names. */
  readonly roles: readonly string[];
}

/**
 * Reads `platform.cedarschema` and every `*.cedar` file of a folder and checks them against each other; `roles.cedar` and
 * `tenant-isolation.cedar` must be among them.
 *
 * @throws {@link ConfigError} naming the file that is missing, cannot be read or speaks of something the schema does not have.
 */
export function loadAccessPolicy(folder: string): AccessPolicy {
  const schemaFile = join(folder, 'platform.cedarschema');
  const schema = readText(schemaFile);
  const roles = readRoles(schemaFile, schema);
  const policies = new Map<string, string>();
  for (const file of policyFiles(folder)) addPolicies(policies, file, schema);
  // Cedar keeps what it parsed for the life of the thread, under a name: the same text takes the same place again.
  const name = createHash('sha256')
    .update(JSON.stringify([schema, ...policies]))
    .digest('hex');
  cedar.preparseSchema(name, schema);
  cedar.preparsePolicySet(name, { staticPolicies: Object.fromEntries(policies) });
  return { roles, decide: (request) => decide(name, request) };
}

function decide(name: string, request: AccessRequest): AccessDecision {
  const answer = cedar.statefulIsAuthorized({
    ...toCedarRequest(request),
    preparsedSchemaName: name,
    preparsedPolicySetId: name,
    // Validating each request costs six times the decision itself; the entities are checked against the schema all the same.
    validateRequest: false,
  });
  if (answer.type === 'failure') return { allowed: false, reason: 'not-a-request-the-schema-knows' };
  const { decision, diagnostics } = answer.response;
  // A policy that failed to evaluate may have been a forbid.
  if (diagnostics.errors.length > 0) return { allowed: false, reason: 'policy-failed' };
  return {
    allowed: decision === 'allow',
    reason: [...diagnostics.reason].sort().join(' ') || 'no-policy-permits-it',
  };
}

/** Without the first nothing is permitted; without the second nothing keeps one organization out of another. */
const requiredFiles = ['roles.cedar', 'tenant-isolation.cedar'];

function policyFiles(folder: string): string[] {
  const files = readFolder(folder).filter((name) => name.endsWith('.cedar'));
  const missing = requiredFiles.find((name) => !files.includes(name));
  if (missing !== undefined)
    throw new ConfigError(join(folder, missing), 'is missing; put the policies back.');
  return files.sort().map((name) => join(folder, name));
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new ConfigError(folder, 'cannot be read; put the policies there.', { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(file, 'cannot be read; put the policies there.', { cause });
  }
}

function readRoles(file: string, schema: string): string[] {
  const answer = cedar.schemaToJson(schema);
  if (answer.type === 'failure') throw new ConfigError(file, `${describe(answer.errors)}; correct it.`);
  const role = answer.json['']?.entityTypes.Role;
  if (role === undefined || !('enum' in role))
    throw new ConfigError(file, 'names no roles; add "entity Role enum […]".');
  return role.enum;
}

function addPolicies(policies: Map<string, string>, file: string, schema: string): void {
  const parts = cedar.policySetTextToParts(readText(file));
  if (parts.type === 'failure') throw new ConfigError(file, `${describe(parts.errors)}; correct it.`);
  const added: Record<string, string> = {};
  for (const text of parts.policies) {
    const id = readId(file, text);
    if (policies.has(id))
      throw new ConfigError(file, `the policy id ${JSON.stringify(id)} is taken; choose another.`);
    policies.set(id, text);
    added[id] = text;
  }
  const checked = cedar.validate({ schema, policies: { staticPolicies: added } });
  const errors =
    checked.type === 'failure' ? checked.errors : checked.validationErrors.map(({ error }) => error);
  if (errors.length > 0) throw new ConfigError(file, `${describe(errors)}; correct it.`);
}

function readId(file: string, text: string): string {
  const answer = cedar.policyToJson(text);
  const id = answer.type === 'success' ? answer.json.annotations?.id : undefined;
  if (id === undefined)
    throw new ConfigError(file, 'a policy has no @id("…"); the audit trail tells decisions by it.');
  return id;
}

function describe(errors: readonly cedar.DetailedError[]): string {
  return errors.map(({ message, help }) => (help === null ? message : `${message} (${help})`)).join('; ');
}
