/** Phrases that say what kind of database: engine, version, class, storage, and the switches. */
import { firstGroup } from './text-scanner.js';
import type { Rule } from './text-scanner.js';

/** An engine, with its version where that follows at once. */
export interface EngineFound {
  readonly engine: string;
  readonly version?: string | undefined;
}

const engineWords: readonly (readonly [engine: string, words: string])[] = [
  ['postgres', 'postgres(?:ql)?|postgre|pgsql|pg'],
  ['mysql', 'my ?sql'],
  ['mariadb', 'maria ?db'],
  ['oracle-se2', 'oracle(?:[ -]se2)?(?: database)?'],
  ['sqlserver-ex', '(?:ms |microsoft )?sql ?server(?:[ -]ex(?:press)?)?|mssql'],
];

const versionNumber = '(\\d{1,2}(?:\\.\\d{1,4}){0,3}|\\d{4}(?:\\.\\d{1,4}){0,3})(?![\\d.]*\\d)';

/** A number in front of one of these is no version. */
const notAVersion =
  '(?!\\s{0,3}(?:g|t|m)(?:i?b|ig)?s?\\b|\\s{0,3}(?:giga|tera|subnets?|instances|databases|zones?|azs?|x|%|cpus?|vcpus?)\\b|[-/:]\\d)';

function engineRule([engine, words]: readonly [string, string]): Rule<EngineFound> {
  const version = `(?:[\\s:(]{0,3}(?:-\\s?)?(?:engine[\\s_]version|version|ver\\.?|v\\.?)?[\\s:=]{0,3}${versionNumber}c?${notAVersion})?`;
  return {
    pattern: new RegExp(`(?<![\\w-])(?:${words})(?![a-z])${version}`, 'gi'),
    toValue: (match) => ({ engine, version: firstGroup(match) }),
  };
}

/** The engines and their spellings. */
export const engineRules: readonly Rule<EngineFound>[] = engineWords.map(engineRule);

/** A version that stands apart from its engine. */
export const versionRules: readonly Rule<string>[] = [
  {
    pattern: new RegExp(
      `\\b(?:engine[\\s_]version|version|v)\\s{0,3}(?:(?:is|to|should be)\\s)?[:=]?\\s{0,3}${versionNumber}${notAVersion}`,
      'gi',
    ),
    toValue: firstGroup,
  },
];

/** Databases and other things that this kind cannot be. */
export const foreignThingRules: readonly Rule<string>[] = [
  {
    pattern:
      /\b(aurora|mongo(?:db)?|redis|valkey|dynamo(?:db)?|cassandra|db2|sqlite|documentdb|neptune|redshift|elasticsearch|opensearch|clickhouse|s3|buckets?|ec2|virtual machines?|vms?|vpcs?|kubernetes|k8s|eks|droplets?|dns records?|load balancers?|lambdas?|queues?|storage accounts?)\b/gi,
    toValue: ([word]) => word,
  },
];

/** An instance class, also one without "db.": the check names what is wrong with it. */
export const instanceClassRules: readonly Rule<string>[] = [
  {
    pattern: /\bdb\.[a-z0-9][a-z0-9.-]{0,40}/gi,
    toValue: ([value]) => value.toLowerCase().replace(/[.-]+$/, ''),
  },
  {
    pattern: /(?<![\w.-])[a-z]{1,3}\d[a-z0-9]{0,4}\.(?:nano|micro|small|medium|\d{0,3}x?large|metal)\b/gi,
    toValue: ([value]) => value.toLowerCase(),
  },
  {
    pattern:
      /\b(?:instance[\s_]class|instance[\s_]type|class)\b\s{0,3}(?:(?:is|to|should be)\s|[:=]\s{0,3})?["'`]?((?=[\w.-]{0,40}\d)[a-z][\w.-]{1,40})/gi,
    toValue: (match) =>
      firstGroup(match)
        ?.toLowerCase()
        .replace(/[.-]+$/, ''),
  },
];

/** AWS counts storage in binary units, and its upper bound, 64 TB, is 65536 GB. */
const gbPerTb = 1024;

function gbOf(match: RegExpExecArray): number | undefined {
  const [, digits = '', unit = 'gb'] = match;
  const amount = Number(digits.replace(/[,_](?=\d{3})/g, ''));
  if (!Number.isFinite(amount)) return undefined;
  return /^t/i.test(unit) ? amount * gbPerTb : amount;
}

/** Storage, in GB. */
export const storageRules: readonly Rule<number>[] = [
  {
    pattern:
      /(?<![\w.,])(-?\d{1,9}(?:[,_]\d{3}){0,3}(?:\.\d{1,4})?)[\s-]{0,3}(tib|tb|terabytes?|tera|gib|gb|gigabytes?|gigs?|giga|g|t)(?![a-z])(?!\s(?:of\s)?(?:ram|memory))/gi,
    toValue: gbOf,
  },
  {
    pattern:
      /\b(?:allocated[\s_]storage(?:[\s_]gb)?|storage|disk(?:\s(?:size|space))?)\b\s{0,3}(?:(?:is|of|to|should be)\s|[:=]\s{0,3})?(-?\d{1,9}(?:\.\d{1,4})?)(?![\w.])/gi,
    toValue: gbOf,
  },
];

/** The TCP port. */
export const portRules: readonly Rule<number>[] = [
  {
    pattern: /\bport\b\s{0,3}(?:(?:is|to|should be|number)\s|[:=#]\s{0,3})?(-?\d{1,7})(?![\w.])/gi,
    toValue: (match) => Number(firstGroup(match)),
  },
];

function switchRules(off: RegExp, on: RegExp): readonly Rule<boolean>[] {
  return [
    { pattern: off, toValue: () => false },
    { pattern: on, toValue: () => true },
  ];
}

/** Whether the instance gets a public address. */
export const exposureRules = switchRules(
  /\b(?:(?:not|never|isn'?t|non-?)\s{0,3}(?:be\s)?public(?:ly)?(?:[\s_-]accessible)?|no\spublic\s(?:access|ip|address|endpoint)|publicly[\s_]accessible\s?[:=]\s?(?:false|no)|private(?:ly)?(?!\s(?:subnet|key|vpc))(?:\s(?:access|network|only))?|internal(?:\sonly)?|(?:not|no|without)\s(?:\w{1,12}\s){0,3}internet)\b/gi,
  /\b(?:public(?:ly)?(?!\s(?:subnet|key|vpc))(?:[\s_-]accessible|\saccess|\sip)?(?:\s?[:=]\s?(?:true|yes))?|internet[\s-]facing|(?:from|to|on)\sthe\sinternet)\b/gi,
);

/** Whether a standby runs in a second zone. */
export const multiAzRules = switchRules(
  /\b(?:single[\s-]?az|single[\s-]zone|one\s(?:az|zone)|(?:no|not|without|disable)\s(?:a\s)?(?:multi[\s_-]?az|standby|high availability|ha)|multi[\s_-]?az\s?(?:[:=]\s?|is\s)?(?:false|no|off|disabled)|standalone)\b/gi,
  /\b(?:multi[\s_-]?az(?:\s?[:=]\s?(?:true|yes))?|highly?[\s-]availab(?:le|ility)|ha|standby|(?:two|multiple|several)\s(?:availability\s)?zones)\b/gi,
);

/** Whether the storage is encrypted. */
export const encryptionRules = switchRules(
  /\b(?:(?:not|no|without|disable|skip)\s(?:storage\s)?encrypt(?:ed|ion)?|unencrypted|encrypt(?:ed|ion)\s?(?:[:=]\s?|is\s)?(?:false|no|off|disabled))\b/gi,
  /\b(?:storage\s)?encrypt(?:ed|ion)?(?:\s?[:=]\s?(?:true|yes))?\b/gi,
);

/** What is said to be left behind: it must not be read as wanted. */
export const rejectedRules: readonly Rule<true>[] = [
  {
    pattern:
      /\b(?:instead of|rather than|not)\s{1,3}(?:the\s|a\s)?(?:db\.[\w.-]{1,40}|\d{1,9}\s{0,2}(?:gb|tb|gib|g)\b|postgres(?:ql)?|mysql|mariadb|oracle|sql ?server|dev|staging|prod(?:uction)?)(?:\s\d{1,2}(?:\.\d{1,4}){0,2})?(?![\w-])/gi,
    toValue: () => true,
  },
  { pattern: /\b(?:instead of|rather than)\s{1,3}["'`]?[\w.-]{1,60}/gi, toValue: () => true },
];
