/** Phrases that carry an identifier: names, network ids, groups, users; and passwords, which are only noticed. */
import { firstGroup } from './text-scanner.js';
import type { Rule } from './text-scanner.js';

/** Words that follow "called", "user" or "group" without being the value. */
const notAnIdentifier = new Set(
  (
    'a after account accounts all already also an and any anything are as at be because but by can change choose data ' +
    'database default does else exists first for from given group groups has have how i id ids if in instance instead ' +
    'is it its like missing must my name named names new no not nothing of on one or our please propose proposed same ' +
    'shall should so something table taken than that the them then there this to too up us use used user using value ' +
    'want we what whatever where which who why will with without would yes you your yet'
  ).split(' '),
);

const token = '([a-z0-9_][\\w.-]{0,100})';
const quoted = '"([^"\\n]{1,100})"|\'([^\'\\n]{1,100})\'|`([^`\\n]{1,100})`';

function identifierOf(match: RegExpExecArray): string | undefined {
  const value = firstGroup(match)
    ?.replace(/[.\s-]+$/, '')
    .trim();
  if (value === undefined || value === '' || notAnIdentifier.has(value.toLowerCase())) return undefined;
  return value;
}

function valueAfter(lead: string): Rule<string> {
  return { pattern: new RegExp(`\\b${lead}(?:${quoted}|${token})`, 'gi'), toValue: identifierOf };
}

function groupRules(kind: string): readonly Rule<string>[] {
  const group = `${kind}[\\s_-]groups?`;
  return [
    valueAfter(`${group}(?:[\\s_-]name)?\\b(?:\\s{1,3}(?:is|called|named))?\\s{0,3}[:=]?\\s{0,3}`),
    { pattern: new RegExp(`${token}\\s{1,3}(?:db\\s)?${kind}[\\s-]group\\b`, 'gi'), toValue: identifierOf },
  ];
}

/** The name of an existing DB subnet group. */
export const subnetGroupRules = groupRules('(?:db[\\s_-])?subnet');

/** The name of a parameter group. */
export const parameterGroupRules = groupRules('parameter');

/** The name of an option group. */
export const optionGroupRules = groupRules('option');

/** Subnet ids, also ones that are not well formed: the check names them. */
export const subnetRules: readonly Rule<string>[] = [
  { pattern: /\bsubnet-(?!groups?\b|ids?\b)[a-z0-9][\w-]{0,60}/gi, toValue: ([id]) => id.toLowerCase() },
];

/** Security group ids. */
export const securityGroupRules: readonly Rule<string>[] = [
  { pattern: /\bsg-[a-z0-9][\w-]{0,60}/gi, toValue: ([id]) => id.toLowerCase() },
];

/** A KMS key: its ARN, its alias or its UUID. */
export const kmsKeyRules: readonly Rule<string>[] = [
  {
    pattern:
      /\bkms(?:[\s_-]key)?(?:[\s_-]id)?\s{0,3}(?:is|[:=])?\s{0,3}((?:arn:|alias\/|[0-9a-f]{8}-)[\w:/-]{1,300})/gi,
    toValue: firstGroup,
  },
];

/** The master user. */
export const usernameRules: readonly Rule<string>[] = [
  valueAfter(
    '(?:master[\\s_-]?|admin[\\s_-]?|db[\\s_-]?)?user(?:[\\s_-]?name)?\\b' +
      '(?:\\s{1,3}(?:is|called|named|should be|must be|as|to))?\\s{0,3}[:=]?\\s{0,3}',
  ),
];

/** The resource’s name, as said: the check names what is wrong with it. */
export const nameRules: readonly Rule<string>[] = [
  valueAfter(
    '(?:call|name|rename)\\s{1,3}(?:it|this|that|the\\s(?:instance|database|db|resource))\\s{1,3}(?:to\\s|as\\s)?',
  ),
  valueAfter('(?:called|named|entitled)\\s{0,3}:?\\s{0,3}'),
  {
    pattern: new RegExp(`${token}\\s{1,3}(?:as|for)\\s(?:the\\s|a\\s|its\\s)?name\\b`, 'gi'),
    toValue: identifierOf,
  },
  valueAfter('name\\s{0,3}(?:[:=]|(?:is|should be|must be|will be|to|of)\\s)\\s{0,3}'),
  {
    pattern: new RegExp(
      `\\bname\\s{1,3}(?:${quoted}|([a-z][a-z0-9]{0,40}(?:-[a-z0-9]{1,40}){1,5})|([a-z][a-z0-9]{1,40})(?=\\s{0,3}(?:[,;.!\\n]|$)))`,
      'gi',
    ),
    toValue: identifierOf,
  },
  {
    pattern: new RegExp(
      `\\b(?:instance|database|db|rds)\\s{1,3}(?:${quoted}|(?!multi-|single-|on-)([a-z][a-z0-9]{0,40}(?:-[a-z0-9]{1,40}){1,5})\\b)`,
      'gi',
    ),
    toValue: identifierOf,
  },
];

/** A password and its value: taken out of the text before anything else is read, and never kept. */
export const passwordRules: readonly Rule<true>[] = [
  {
    pattern:
      /\b(?:pass ?words?|passwd|pwd|pass ?phrase|passwort)\b(?:\s{1,3}(?:is|to|should be|shall be|must be)\b)?\s{0,3}[:=]?\s{0,3}(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|`[^`\n]{0,200}`|[^\s,;]{1,200})?/gi,
    toValue: () => true,
  },
];
