/** Reads `directory.json`: which organizations and environments there are, and who has which role in them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../errors.js';

const slug = z
  .string()
  .regex(
    /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'a slug has a-z, 0-9 and "-", begins with a letter, and is 1 to 63 long',
  );

const environment = z.strictObject({ slug, name: z.string().min(1), description: z.string() });

const member = z.strictObject({
  subject: z.string().min(1).max(255).describe('Claim `sub` of the person’s token.'),
  role: z.string().min(1).describe('A role that the policies’ schema names.'),
});

const organization = z.strictObject({
  id: z.string().regex(/^org_[a-z0-9_]{1,60}$/, 'an id begins with "org_"'),
  slug,
  name: z.string().min(1),
  environments: z.array(environment),
  members: z.array(member),
});

const directory = z.strictObject({ organizations: z.array(organization) });

/** The parsed file. */
export type DirectoryFile = z.output<typeof directory>;

/**
 * Reads and checks the file.
 *
 * @param roles the roles that the policies know; another one in the file is an error.
 * @throws {@link ConfigError} naming the file and the place in it.
 */
export function readDirectoryFile(file: string, roles: readonly string[]): DirectoryFile {
  const parsed = directory.safeParse(readJson(file));
  const issue = parsed.error?.issues[0];
  if (!parsed.success)
    throw new ConfigError(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}; correct it.`);
  checkRoles(file, parsed.data, roles);
  checkUnique(file, parsed.data);
  return parsed.data;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(file, 'cannot be read as JSON; correct it.', { cause });
  }
}

function checkRoles(file: string, content: DirectoryFile, roles: readonly string[]): void {
  for (const { slug: organizationSlug, members } of content.organizations) {
    const wrong = members.find(({ role }) => !roles.includes(role));
    if (wrong === undefined) continue;
    const place = `member ${JSON.stringify(wrong.subject)} of ${JSON.stringify(organizationSlug)}`;
    throw new ConfigError(
      file,
      `${place} has the role ${JSON.stringify(wrong.role)}; use one of ${roles.join(', ')}.`,
    );
  }
}

function checkUnique(file: string, content: DirectoryFile): void {
  const names = content.organizations.flatMap(({ id, slug: organizationSlug, environments, members }) => [
    `organization id ${id}`,
    `organization slug ${organizationSlug}`,
    ...environments.map((each) => `environment ${organizationSlug}/${each.slug}`),
    ...members.map((each) => `member ${each.subject} of ${organizationSlug}`),
  ]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigError(file, `${twice} stands there twice; remove one.`);
}
