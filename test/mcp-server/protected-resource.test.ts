import { describe, expect, it } from 'vitest';
import {
  metadataPaths,
  metadataUrl,
  toCredentialsUrl,
  toMetadata,
} from '../../src/mcp-server/protected-resource.js';

const endpoint = 'http://127.0.0.1:9999/mcp';
const at = (audience: string) => ({ audience, issuer: 'https://issuer', endpoint });

describe('toMetadata', () => {
  it('names as resource what tokens must carry as audience', () => {
    expect(toMetadata(at('https://platform.example.com/mcp'))).toMatchObject({
      resource: 'https://platform.example.com/mcp',
      authorization_servers: ['https://issuer'],
    });
  });
});

describe('the public addresses', () => {
  it('follow from the audience when it is a URL', () => {
    const resource = at('https://platform.example.com/mcp');
    expect(metadataUrl(resource)).toBe(
      'https://platform.example.com/.well-known/oauth-protected-resource/mcp',
    );
    expect(toCredentialsUrl(resource, 'res_1')).toBe(
      'https://platform.example.com/resources/res_1/credentials',
    );
  });

  it.each([
    ['https://example.com/cloud/mcp', '/.well-known/oauth-protected-resource/cloud/mcp'],
    ['https://example.com/', '/.well-known/oauth-protected-resource'],
    ['https://example.com', '/.well-known/oauth-protected-resource'],
  ])('of the metadata for %s ends in %s, and is served there', (audience, path) => {
    expect(metadataUrl(at(audience))).toBe(`https://example.com${path}`);
    expect(metadataPaths(at(audience))).toEqual(
      expect.arrayContaining([
        path,
        '/.well-known/oauth-protected-resource',
        '/.well-known/oauth-protected-resource/mcp',
      ]),
    );
  });

  it.each(['platform', 'urn:platform', 'javascript:alert(1)'])(
    'follow from the listen address when the audience is %j',
    (audience) => {
      expect(metadataUrl(at(audience))).toBe(
        'http://127.0.0.1:9999/.well-known/oauth-protected-resource/mcp',
      );
      expect(toCredentialsUrl(at(audience), 'res_1')).toBe(
        'http://127.0.0.1:9999/resources/res_1/credentials',
      );
    },
  );
});
