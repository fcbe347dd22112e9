/** The Kubernetes manifests, as far as the tests look into them. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const folder = 'deploy/kubernetes';
const texts = z.record(z.string(), z.string());

export const probe = z.object({
  httpGet: z.object({
    path: z.string(),
    port: z.string(),
    httpHeaders: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  }),
});

const container = z.object({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  env: z.array(
    z.object({
      name: z.string(),
      valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }),
    }),
  ),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe.optional(),
  lifecycle: z
    .object({ preStop: z.object({ exec: z.object({ command: z.tuple([z.literal('sleep'), z.string()]) }) }) })
    .optional(),
  resources: z.object({ requests: texts, limits: texts }),
  securityContext: z.record(z.string(), z.unknown()),
  volumeMounts: z.array(
    z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }),
  ),
});

const podSpec = z.object({
  enableServiceLinks: z.boolean(),
  automountServiceAccountToken: z.boolean(),
  securityContext: z.record(z.string(), z.unknown()),
  terminationGracePeriodSeconds: z.number(),
  containers: z.array(container),
  volumes: z.array(z.object({ name: z.string(), secret: z.object({ secretName: z.string() }).optional() })),
});

const deploymentSpec = z.object({
  replicas: z.number(),
  selector: z.object({ matchLabels: texts }),
  template: z.object({ metadata: z.object({ labels: texts }), spec: podSpec }),
});

export type Container = z.output<typeof container>;
export type DeploymentSpec = z.output<typeof deploymentSpec>;

/** One document of a manifest. */
export interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
}

const anyManifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels: texts }),
});

/** Reads every document of every file in the folder; @throws when one is not YAML or has no name. */
export function readManifests(): readonly Manifest[] {
  return readdirSync(folder).flatMap((file) =>
    parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8')).map((parsed) => {
      if (parsed.errors.length > 0) throw new Error(`${file}: ${String(parsed.errors[0])}`);
      const document = anyManifest.parse(parsed.toJS());
      return { file, kind: document.kind, name: document.metadata.name, document };
    }),
  );
}

/** The manifests of one kind, read by a schema. */
export function manifestsOf<Output>(
  kind: string,
  schema: z.ZodType<Output>,
): (Manifest & { spec: Output })[] {
  return readManifests()
    .filter((manifest) => manifest.kind === kind)
    .map((manifest) => ({ ...manifest, spec: schema.parse(manifest.document['spec'] ?? manifest.document) }));
}

export const deployments = manifestsOf('Deployment', deploymentSpec);
export const configMaps = manifestsOf('ConfigMap', z.object({ data: texts }));
export const secrets = manifestsOf('Secret', z.object({ stringData: texts }));

/** The one container of a deployment. */
export function containerOf(spec: DeploymentSpec): Container {
  const [only, ...others] = spec.template.spec.containers;
  if (only === undefined || others.length > 0) throw new Error('A deployment here has one container.');
  return only;
}

/** The settings that all processes share, as the ConfigMap says them. */
export function sharedSettings(): Readonly<Record<string, string>> {
  return Object.assign({}, ...configMaps.map(({ spec }) => spec.data));
}
