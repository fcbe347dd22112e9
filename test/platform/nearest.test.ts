import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/platform/nearest.js';

describe('nearest', () => {
  it('finds the word that was meant', () => {
    expect(nearest('enigne_version', ['engine', 'engine_version', 'port'])).toBe('engine_version');
    expect(nearest('awsrdsinstence', ['AwsRdsInstance', 'AwsVpc'], (name) => name.toLowerCase())).toBe(
      'AwsRdsInstance',
    );
  });

  it('prefers the first of two that are as near', () => {
    expect(nearest('cap', ['cat', 'car'])).toBe('cat');
  });

  it('suggests nothing when nothing is near', () => {
    expect(nearest('zzzzzz', ['engine', 'port'])).toBeUndefined();
    expect(nearest('', [])).toBeUndefined();
  });
});
