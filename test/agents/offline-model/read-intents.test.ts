import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../src/agents/offline-model/read-intents.js';
import { readIntents, readSubject } from '../../../src/agents/offline-model/read-intents.js';

describe('readIntents', () => {
  it.each<[text: string, intent: Intent]>([
    ['Create a postgres database', 'create'],
    ['could you spin up an RDS instance for me?', 'create'],
    ['I need a mysql', 'create'],
    ["I'd like a new database in dev", 'create'],
    ['please provision an instance', 'create'],
    ['get me another one', 'create'],
    ['create it', 'create'],
    ['one more please', 'another'],
    ['the same again', 'same'],
    ['another exactly like that', 'same'],
    ['yes', 'accept'],
    ['Sounds good', 'accept'],
    ['go ahead', 'accept'],
    ['the defaults are fine', 'defaults'],
    ['as proposed', 'defaults'],
    ['try again', 'retry'],
    ['no, not yet', 'decline'],
    ['cancel', 'cancel'],
    ['never mind', 'cancel'],
    ["don't create it", 'cancel'],
    ['is it ready?', 'status'],
    ['ready yet?', 'status'],
    ['show me orders-db', 'status'],
    ['where is my database?', 'status'],
    ['what is the state of orders-db', 'status'],
    ['list my resources', 'list-resources'],
    ['what kinds are there?', 'list-kinds'],
    ['which environments are there', 'list-environments'],
    ['show my organizations', 'list-organizations'],
    ['which fields does it take?', 'describe-kind'],
    ['drop the database', 'delete'],
    ['resize it', 'change'],
    ['what can you do?', 'help'],
    ['how do I create a database?', 'how-to'],
    ['good morning', 'greeting'],
    ['thank you', 'thanks'],
    ['what is multi-az?', 'question'],
  ])('finds in %j the intent %s', (text, intent) => {
    expect(readIntents(text)).toContain(intent);
  });

  it.each<[text: string, intent: Intent]>([
    ['make it 50 GB', 'create'],
    ['make it a db.m5.large', 'create'],
    ['the database was created yesterday', 'create'],
    ["don't make it public", 'cancel'],
    ['what about 50 GB?', 'question'],
    ['can you create a database?', 'question'],
    ['high', 'greeting'],
    ['backup window at night', 'help'],
    ['nobody knows', 'decline'],
    ['a yesterday thing', 'accept'],
  ])('does not find in %j the intent %s', (text, intent) => {
    expect(readIntents(text)).not.toContain(intent);
  });
});

describe('readSubject', () => {
  it.each([
    ['status of orders-db', 'orders-db'],
    ['what is the state of the database "orders"?', 'orders'],
    ['is orders-db ready?', 'orders-db'],
    ['how is pay-db', 'pay-db'],
    ['show me pay-db', 'pay-db'],
    ['where is my database?', undefined],
    ["orders-db's status", 'orders-db'],
    ['status of res_1', 'res_1'],
    ['what is its state?', undefined],
    ['is it ready?', undefined],
    ['state?', undefined],
    ['is the database ready?', undefined],
  ])('of %j is %j', (text, subject) => {
    expect(readSubject(text)).toBe(subject);
  });
});
