/** Reads what a written message says about an instance. */
import {
  encryptionRules,
  engineRules,
  exposureRules,
  foreignThingRules,
  instanceClassRules,
  multiAzRules,
  portRules,
  rejectedRules,
  storageRules,
  versionRules,
} from './database-rules.js';
import type { Draft } from './draft.js';
import {
  kmsKeyRules,
  nameRules,
  optionGroupRules,
  parameterGroupRules,
  passwordRules,
  securityGroupRules,
  subnetGroupRules,
  subnetRules,
  usernameRules,
} from './identifier-rules.js';
import { environmentRules, organizationRules, placeRules, regionRules, slashRules } from './place-rules.js';
import { createTextScanner } from './text-scanner.js';
import type { TextScanner } from './text-scanner.js';

/** Characters of a message that are read; what stands behind is reported as unread. */
export const readLimit = 16_000;

/** What one message says. */
export interface Reading {
  readonly said: Draft;
  /** Whether it speaks of a password; the value is kept nowhere. */
  readonly mentionsPassword: boolean;
  /** A region that was asked for; it cannot be chosen. */
  readonly region: string | undefined;
  /** Something that is not an RDS instance of a known engine, e.g. `s3`. */
  readonly foreignThing: string | undefined;
  /** Whether the message was longer than is read. */
  readonly wasCut: boolean;
  /** The message without passwords, for intents. */
  readonly text: string;
  /** The message without everything that was understood, for bare answers. */
  readonly rest: string;
}

/** Reads one message. Understands free English and takes any other text without failing. */
export function readRequest(message: string): Reading {
  const scanner = createTextScanner(toPlainText(message.slice(0, readLimit)));
  const mentionsPassword = scanner.take(passwordRules).length > 0;
  const text = scanner.rest();
  const identifiers = takeIdentifiers(scanner);
  scanner.take(rejectedRules);
  const database = takeDatabase(scanner);
  const region = scanner.takeLast(regionRules);
  const places = takePlaces(scanner);
  const foreign = scanner.take(foreignThingRules)[0]?.value.toLowerCase();
  const isForeign = database.engine === undefined || foreign === 'aurora';
  return {
    said: { ...identifiers, ...database, ...places },
    mentionsPassword,
    region,
    foreignThing: isForeign ? foreign : undefined,
    wasCut: message.length > readLimit,
    text,
    rest: scanner.rest(),
  };
}

function takeIdentifiers(scanner: TextScanner): Draft {
  const kmsKeyId = scanner.takeLast(kmsKeyRules);
  const subnetGroup = scanner.takeLast(subnetGroupRules);
  const parameterGroup = scanner.takeLast(parameterGroupRules);
  const optionGroup = scanner.takeLast(optionGroupRules);
  const subnetIds = listOf(scanner.take(subnetRules));
  const securityGroupIds = listOf(scanner.take(securityGroupRules));
  const username = scanner.takeLast(usernameRules);
  const name = scanner.takeLast(nameRules)?.toLowerCase();
  return { kmsKeyId, subnetGroup, parameterGroup, optionGroup, subnetIds, securityGroupIds, username, name };
}

function takeDatabase(scanner: TextScanner): Draft {
  const instanceClass = scanner.takeLast(instanceClassRules);
  const port = scanner.takeLast(portRules);
  const engines = scanner.take(engineRules);
  const engine = engines.at(-1)?.value.engine;
  const version = engines.findLast(({ value }) => value.engine === engine && value.version !== undefined);
  const storageGb = scanner.takeLast(storageRules);
  return {
    engine,
    version: scanner.takeLast(versionRules) ?? version?.value.version,
    instanceClass,
    storageGb,
    port,
    isPublic: scanner.takeLast(exposureRules),
    isMultiAz: scanner.takeLast(multiAzRules),
    isEncrypted: scanner.takeLast(encryptionRules),
  };
}

function takePlaces(scanner: TextScanner): Draft {
  const pair = scanner.takeLast(slashRules);
  const organization = scanner.takeLast(organizationRules) ?? pair?.organization;
  const environment = scanner.takeLast(environmentRules) ?? pair?.environment;
  const places = scanner.take(placeRules).map(({ value }) => value);
  return { organization, environment, places: places.length > 0 ? places : undefined };
}

function listOf(found: readonly { readonly value: string }[]): readonly string[] | undefined {
  return found.length > 0 ? [...new Set(found.map(({ value }) => value))] : undefined;
}

function toPlainText(message: string): string {
  return message
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u2010-\u2014]/g, '-')
    .replace(/[^\S\n]{1,100}/g, ' ');
}
