import { describe, expect, it } from 'vitest';
import * as errors from '../../src/errors.js';
import { isInternal, toToolError, toToolResult } from '../../src/mcp-server/tool-result.js';
import { readResult } from '../support/platform-server.js';

const issue = (path: string) => ({ path, message: 'Wrong; correct it.' });

describe('toToolError', () => {
  it.each([
    ['INVALID_ARGUMENT', new errors.InvalidArgumentError([issue('org_id')])],
    ['INVALID_ARGUMENT', new errors.InvalidArgumentError([issue('spec'), issue('org_id')])],
    ['INVALID_SPEC_DATA', new errors.InvalidArgumentError([issue('spec'), issue('spec.port')])],
    ['INVALID_CLOUD_RESOURCE_KIND', new errors.InvalidArgumentError([issue('cloud_resource_kinds.1')])],
    ['UNAUTHENTICATED', new errors.TokenInvalidError('expired')],
    ['UNAUTHENTICATED', new errors.TokenMissingError()],
    ['PERMISSION_DENIED', new errors.PermissionDeniedError('create it')],
    ['PERMISSION_DENIED', new errors.InsufficientScopeError('platform')],
    ['NOT_FOUND', new errors.NotFoundError('environment', 'qa')],
    ['ALREADY_EXISTS', new errors.ConflictError('AwsVpc', 'main')],
    ['UNAVAILABLE', new errors.StorageUnavailableError()],
    ['UNAVAILABLE', new errors.KeysUnavailableError()],
    ['NOT_FOUND', new Error('wrapped', { cause: new errors.NotFoundError('resource', 'x') })],
  ])('tells %s', (code, error) => {
    const { value, isError } = readResult(toToolError(error, 'r1'));
    expect(isError).toBe(true);
    expect(value).toMatchObject({ error: code, message: expect.stringMatching(/.+/) as string });
    expect(isInternal(error)).toBe(false);
  });

  it.each([new Error('canary'), 'canary', undefined, new errors.NotWiredError('canary')])(
    'keeps the text of %s to itself',
    (error) => {
      const result = toToolError(error, 'r1');
      expect(readResult(result).value).toMatchObject({
        error: 'INTERNAL_ERROR',
        message: expect.stringContaining('r1') as string,
      });
      expect(JSON.stringify(result)).not.toContain('canary');
      expect(isInternal(error)).toBe(true);
    },
  );
});

describe('toToolResult', () => {
  it('is one text block of JSON', () => {
    expect(toToolResult([{ a: 1 }])).toEqual({ content: [{ type: 'text', text: '[{"a":1}]' }] });
  });
});
