/** Kinds of DigitalOcean. */
import { z } from 'zod';
import { defineKind } from './define-kind.js';

const dropletSpec = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{3}\d$/, 'A region looks like "fra1".')
    .describe('Data center.')
    .meta({ examples: ['fra1'] }),
  size: z
    .string()
    .regex(/^[a-z0-9]+-\d+vcpu-\d+gb(?:-[a-z]+)?$/, 'A size looks like "s-2vcpu-4gb".')
    .describe('Size of the machine.')
    .meta({ examples: ['s-2vcpu-4gb'] }),
  image: z
    .string()
    .min(1, 'Give an image, e.g. "debian-12-x64".')
    .max(100)
    .describe('Image it starts from.')
    .meta({ examples: ['debian-12-x64'] }),
  ssh_key_fingerprints: z
    .array(
      z
        .string()
        .regex(
          /^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/,
          'A fingerprint is 16 hexadecimal pairs with ":" between.',
        ),
    )
    .min(1, 'Name at least one key, or nobody can sign in.')
    .max(20, 'At most 20 keys; leave the others out.')
    .describe('SSH keys that may sign in.'),
  backups: z.boolean().optional().describe('Weekly backups, 20 % more; false when left out.'),
  monitoring: z.boolean().optional().describe('Installs the metrics agent; false when left out.'),
});

/** The kinds of this provider. */
export const digitaloceanKinds = [
  defineKind({
    kind: 'DigitalOceanDroplet',
    provider: 'digitalocean',
    description: 'A virtual machine of DigitalOcean.',
    spec: dropletSpec,
  }),
];
