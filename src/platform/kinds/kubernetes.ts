/** Kinds of Kubernetes. */
import { z } from 'zod';
import { defineKind } from './define-kind.js';

const quantity = (pattern: RegExp, example: string): z.ZodType<string> =>
  z
    .string()
    .regex(pattern, `A quantity like "${example}".`)
    .meta({ examples: [example] });

const deploymentSpec = z.strictObject({
  namespace: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'A namespace has 1 to 63 of a-z, 0-9 and "-".')
    .describe('Namespace it runs in.'),
  image: z
    .string()
    .regex(
      /^[a-z0-9./_-]+(?::[\w.-]{1,128}|@sha256:[0-9a-f]{64})$/,
      'An image with a tag or a digest, e.g. "registry.example.com/shop:1.4.2".',
    )
    .describe('Container image with a tag or a digest.')
    .meta({ examples: ['registry.example.com/shop:1.4.2'] }),
  replicas: z
    .int()
    .min(0, 'At least 0.')
    .max(100, 'At most 100; lower it.')
    .describe('Copies that run, 0 to 100.'),
  container_port: z
    .int()
    .min(1, 'A port is 1 to 65535.')
    .max(65535, 'A port is 1 to 65535.')
    .optional()
    .describe('Port the container listens on.'),
  cpu_limit: quantity(/^\d+m?$/, '500m')
    .optional()
    .describe('Most CPU for one copy.'),
  memory_limit: quantity(/^\d+(?:Mi|Gi)$/, '512Mi')
    .optional()
    .describe('Most memory for one copy.'),
  env: z
    .record(z.string().regex(/^[A-Za-z_]\w{0,127}$/), z.string().max(4096))
    .optional()
    .describe('Environment variables; no secrets.'),
});

/** The kinds of this provider. */
export const kubernetesKinds = [
  defineKind({
    kind: 'KubernetesDeployment',
    provider: 'kubernetes',
    description: 'A deployment of a container image on Kubernetes.',
    spec: deploymentSpec,
  }),
];
