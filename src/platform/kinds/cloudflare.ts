/** Kinds of Cloudflare. */
import { z } from 'zod';
import { defineKind } from './define-kind.js';

const dnsRecordSpec = z.strictObject({
  zone: z
    .string()
    .regex(/^(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}$/, 'A zone is a domain name, e.g. "example.com".')
    .describe('Domain that the record belongs to.')
    .meta({ examples: ['example.com'] }),
  record_name: z
    .string()
    .min(1, 'Give a name, or "@" for the zone itself.')
    .max(253)
    .describe('Name inside the zone; "@" for the zone itself.'),
  record_type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'CAA']).describe('Record type.'),
  content: z
    .string()
    .min(1, 'Give the value of the record.')
    .max(2048)
    .describe('Address, target or text.')
    .meta({ examples: ['192.0.2.10'] }),
  ttl_seconds: z
    .int()
    .min(60, 'At least 60 seconds; raise it.')
    .max(86400, 'At most 86400 seconds; lower it.')
    .optional()
    .describe('How long resolvers keep it, 60 to 86400; automatic when left out.'),
  proxied: z.boolean().optional().describe('Whether traffic passes through Cloudflare; false when left out.'),
});

/** The kinds of this provider. */
export const cloudflareKinds = [
  defineKind({
    kind: 'CloudflareDnsRecord',
    provider: 'cloudflare',
    description: 'A DNS record in a zone at Cloudflare.',
    spec: dnsRecordSpec,
  }),
];
