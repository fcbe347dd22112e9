import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/agents/offline-model/draft.js';
import { readLimit, readRequest } from '../../../src/agents/offline-model/read-request.js';

function read(text: string): Draft {
  const { said } = readRequest(text);
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

const engines: readonly (readonly [text: string, said: Draft])[] = [
  ['a postgres database', { engine: 'postgres' }],
  ['a PostgreSQL 16 instance', { engine: 'postgres', version: '16' }],
  ['postgres 16.4', { engine: 'postgres', version: '16.4' }],
  ['Postgres16', { engine: 'postgres', version: '16' }],
  ['postgres v15.7', { engine: 'postgres', version: '15.7' }],
  ['postgresql version 14', { engine: 'postgres', version: '14' }],
  ['pg', { engine: 'postgres' }],
  ['mysql 8.0', { engine: 'mysql', version: '8.0' }],
  ['MySQL 8.0.39, please', { engine: 'mysql', version: '8.0.39' }],
  ['a MariaDB 10.11.9 server', { engine: 'mariadb', version: '10.11.9' }],
  ['maria db', { engine: 'mariadb' }],
  ['Oracle 19c', { engine: 'oracle-se2', version: '19' }],
  ['sql server', { engine: 'sqlserver-ex' }],
  ['MSSQL', { engine: 'sqlserver-ex' }],
  ['engine: mysql, engine version: 8.0.36', { engine: 'mysql', version: '8.0.36' }],
  ['mysql, no wait, mariadb', { engine: 'mariadb' }],
  ['mysql instead of postgres', { engine: 'mysql' }],
  ['postgres, not mysql', { engine: 'postgres' }],
  ['postgres 20 GB', { engine: 'postgres', storageGb: 20 }],
  ['postgres 16 20 GB', { engine: 'postgres', version: '16', storageGb: 20 }],
  ['postgres 2 subnets', { engine: 'postgres' }],
];

const sizes: readonly (readonly [text: string, said: Draft])[] = [
  ['db.t3.small', { instanceClass: 'db.t3.small' }],
  ['use DB.M5.LARGE instead.', { instanceClass: 'db.m5.large' }],
  ['a t3.large machine', { instanceClass: 't3.large' }],
  ['class m6g.2xlarge', { instanceClass: 'm6g.2xlarge' }],
  ['instance class: db.r6g.16xlarge', { instanceClass: 'db.r6g.16xlarge' }],
  ['20 GB', { storageGb: 20 }],
  ['100gb', { storageGb: 100 }],
  ['50 gigs', { storageGb: 50 }],
  ['1 TB', { storageGb: 1024 }],
  ['64TB of storage', { storageGb: 65536 }],
  ['1,500 GB', { storageGb: 1500 }],
  ['20.5 GB', { storageGb: 20.5 }],
  ['-5 GB', { storageGb: -5 }],
  ['5 GB', { storageGb: 5 }],
  ['storage: 40', { storageGb: 40 }],
  ['allocated_storage_gb=30', { storageGb: 30 }],
  ['from 20 GB to 50 GB', { storageGb: 50 }],
  ['make it 50 GB, not 20 GB', { storageGb: 50 }],
  ['16 GB of RAM', {}],
  ['999999999 GB', { storageGb: 999_999_999 }],
];

const names: readonly (readonly [text: string, said: Draft])[] = [
  ['called orders-db', { name: 'orders-db' }],
  ['named orders.', { name: 'orders' }],
  ['name: orders', { name: 'orders' }],
  ['name it billing instead', { name: 'billing' }],
  ['rename it to billing', { name: 'billing' }],
  ['keep it private; name orders', { name: 'orders', isPublic: false }],
  ['name please', {}],
  ['no name given, in dev', { environment: 'dev' }],
  ['call it "Orders DB"', { name: 'orders db' }],
  ['the name should be pay-1', { name: 'pay-1' }],
  ['use pay-1 as the name', { name: 'pay-1' }],
  ['resource_name: x1', {}],
  ['an instance orders-db', { name: 'orders-db' }],
  ['called postgres-main, on mysql', { name: 'postgres-main', engine: 'mysql' }],
  ['called dev-db in staging', { name: 'dev-db', environment: 'staging' }],
  ['what is it called?', {}],
  ['user app_admin', { username: 'app_admin' }],
  ['username: svc', { username: 'svc' }],
  ['master user is root1, called a-1', { username: 'root1', name: 'a-1' }],
  ['the users table', {}],
];

const places: readonly (readonly [text: string, said: Draft])[] = [
  ['in dev', { environment: 'dev' }],
  ['environment staging', { environment: 'staging' }],
  ['env: qa', { environment: 'qa' }],
  ['in the prod environment', { environment: 'prod' }],
  ['a production database', { environment: 'prod' }],
  ['into development', { environment: 'dev' }],
  ['staging instead of dev', { environment: 'staging' }],
  ['for the development team', {}],
  ['organization acme', { organization: 'acme' }],
  ['org: acme', { organization: 'acme' }],
  ['in acme/dev', { organization: 'acme', environment: 'dev' }],
  ['the globex organization', { organization: 'globex' }],
  ['in dev of initech', { organization: 'initech', environment: 'dev' }],
  ['for acme', { places: [{ word: 'acme', lead: 'for' }] }],
  ['in acme', { places: [{ word: 'acme', lead: 'in' }] }],
  ['for acme in dev', { environment: 'dev', places: [{ word: 'acme', lead: 'for' }] }],
  ['for me', {}],
  ['which environments are there', {}],
];

const networks: readonly (readonly [text: string, said: Draft])[] = [
  ['subnet-a1 and subnet-b2', { subnetIds: ['subnet-a1', 'subnet-b2'] }],
  ['Subnet-A1, subnet-a1', { subnetIds: ['subnet-a1'] }],
  ['subnet group main-db', { subnetGroup: 'main-db' }],
  ['the main-db subnet group', { subnetGroup: 'main-db' }],
  ['db_subnet_group_name: shared', { subnetGroup: 'shared' }],
  ['a subnet group or two subnets', {}],
  ['sg-0a1 and sg-0b2', { securityGroupIds: ['sg-0a1', 'sg-0b2'] }],
  ['public', { isPublic: true }],
  ['publicly accessible', { isPublic: true }],
  ['not publicly accessible', { isPublic: false }],
  ['private', { isPublic: false }],
  ['internal only', { isPublic: false }],
  ['reachable from the internet', { isPublic: true }],
  ['not reachable from the internet', { isPublic: false }],
  ['public, no, private', { isPublic: false }],
  ['private subnets subnet-a1, subnet-b2', { subnetIds: ['subnet-a1', 'subnet-b2'] }],
  ['multi-AZ', { isMultiAz: true }],
  ['single-AZ', { isMultiAz: false }],
  ['no multi-az', { isMultiAz: false }],
  ['highly available', { isMultiAz: true }],
  ['encrypted', { isEncrypted: true }],
  ['without encryption', { isEncrypted: false }],
  ['unencrypted', { isEncrypted: false }],
  ['port 5433', { port: 5433 }],
  ['port: 99999', { port: 99_999 }],
  ['kms key alias/orders', { kmsKeyId: 'alias/orders' }],
];

const odd: readonly (readonly [text: string, said: Draft])[] = [
  ['', {}],
  ['   \n\t ', {}],
  ['\u0000\u0007', {}],
  ['🦊🦊🦊', {}],
  ['数据库', {}],
  ['Ich hätte gern eine PostgreSQL-Datenbank, 50 GB', { engine: 'postgres', storageGb: 50 }],
  ['Crée une base MySQL 8.0 en dev', { engine: 'mysql', version: '8.0', environment: 'dev' }],
  ['constructor __proto__ toString', {}],
];

describe('readRequest', () => {
  it.each(engines)('reads the engine of %j', (text, said) => expect(read(text)).toEqual(said));
  it.each(sizes)('reads the size of %j', (text, said) => expect(read(text)).toEqual(said));
  it.each(names)('reads the name of %j', (text, said) => expect(read(text)).toEqual(said));
  it.each(places)('reads the place of %j', (text, said) => expect(read(text)).toEqual(said));
  it.each(networks)('reads the network of %j', (text, said) => expect(read(text)).toEqual(said));
  it.each(odd)('takes the odd text %j', (text, said) => expect(read(text)).toEqual(said));

  it('reads a whole request at once', () => {
    const text =
      'Hello! Please create a PostgreSQL 16.4 RDS instance called orders-db for acme in dev: db.t3.medium, 50 GB, ' +
      'subnets subnet-a1 and subnet-b2, security group sg-1, private, single-AZ, encrypted, port 5433, user app_admin.';

    expect(read(text)).toEqual({
      engine: 'postgres',
      version: '16.4',
      name: 'orders-db',
      environment: 'dev',
      places: [{ word: 'acme', lead: 'for' }],
      instanceClass: 'db.t3.medium',
      storageGb: 50,
      subnetIds: ['subnet-a1', 'subnet-b2'],
      securityGroupIds: ['sg-1'],
      isPublic: false,
      isMultiAz: false,
      isEncrypted: true,
      port: 5433,
      username: 'app_admin',
    });
  });

  it.each([
    'password: hunter2-orders',
    'the password is "hunter2 orders in prod"',
    "pwd='hunter2'",
    'password should be hunter2',
    'my password hunter2, db.t3.small',
  ])('notices %j and keeps nothing of it', (text) => {
    const reading = readRequest(text);

    expect(reading.mentionsPassword).toBe(true);
    expect(JSON.stringify(reading)).not.toContain('hunter2');
  });

  it.each([
    ['an s3 bucket', 's3'],
    ['a MongoDB database', 'mongodb'],
    ['aurora postgres', 'aurora'],
    ['postgres to replace mongodb', undefined],
  ])('finds what is no RDS instance in %j', (text, thing) => {
    expect(readRequest(text).foreignThing).toBe(thing);
  });

  it('notices a region', () => {
    expect(readRequest('postgres in eu-central-1').region).toBe('eu-central-1');
  });

  it.each([
    ['a long run of letters', 'a'.repeat(100_000)],
    ['a long run of digits', '1'.repeat(100_000)],
    ['a long run of spaces', ' '.repeat(100_000)],
    ['a long run of hyphens', 'a-'.repeat(50_000)],
    ['many storages', '20gb '.repeat(20_000)],
    ['many half engines', 'postgres v '.repeat(10_000)],
    ['many half names', 'called "'.repeat(12_000)],
    ['many half passwords', 'password '.repeat(12_000)],
    ['many wishes', 'create '.repeat(15_000)],
    ['many slashes', 'a/'.repeat(50_000)],
  ])('reads %s in linear time and says that it was cut', (_, text) => {
    const start = performance.now();

    expect(readRequest(text).wasCut).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('reads nothing behind the limit', () => {
    const text = `${'x '.repeat(readLimit / 2)}postgres`;

    expect(readRequest(text)).toMatchObject({ wasCut: true, said: { engine: undefined } });
  });

  it('reads a message of the limit whole', () => {
    const text = `${'x '.repeat(readLimit / 2 - 5)}postgres`;

    expect(readRequest(text)).toMatchObject({ wasCut: false, said: { engine: 'postgres' } });
  });
});
