import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  configMaps,
  containerOf,
  deployments,
  manifestsOf,
  readManifests,
  secrets,
  sharedSettings,
} from './read-manifests.js';

const labels = z.record(z.string(), z.string());
const manifests = readManifests();
const shared = sharedSettings();
const settings = new Set(
  [...readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name),
);
const each = deployments.map((deployment) => ({ ...deployment, container: containerOf(deployment.spec) }));

describe('the manifests', () => {
  it('are a deployment and a budget for the server and the worker, and what they need', () => {
    expect(manifests.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'ConfigMap graph-fleet-settings',
      'Deployment graph-fleet-server',
      'Deployment graph-fleet-worker',
      'Ingress graph-fleet',
      'NetworkPolicy graph-fleet-server',
      'NetworkPolicy graph-fleet-worker',
      'PodDisruptionBudget graph-fleet-server',
      'PodDisruptionBudget graph-fleet-worker',
      'Secret graph-fleet-platform',
      'Secret graph-fleet-secrets',
      'Service graph-fleet-server',
    ]);
  });

  it('set only settings that there are', () => {
    const named = [
      ...configMaps.flatMap(({ spec }) => Object.keys(spec.data)),
      ...each.flatMap(({ container }) => container.env.map(({ name }) => name)),
    ];

    expect(named.filter((name) => !settings.has(name))).toEqual([]);
  });

  it('take every secret by a name that the example has, and the example holds none', () => {
    const offered = secrets.flatMap(({ name, spec }) =>
      Object.entries(spec.stringData).map(([key, value]) => ({ way: `${name}/${key}`, value })),
    );
    const wanted = each.flatMap(({ spec, container }) => [
      ...container.env.map(({ valueFrom: { secretKeyRef } }) => `${secretKeyRef.name}/${secretKeyRef.key}`),
      ...container.volumeMounts.flatMap(({ name, subPath }) => {
        const volume = spec.template.spec.volumes.find((candidate) => candidate.name === name);
        return volume?.secret === undefined ? [] : [`${volume.secret.secretName}/${subPath ?? ''}`];
      }),
    ]);

    expect([...new Set(wanted)].sort()).toEqual(offered.map(({ way }) => way).sort());
    expect(offered.filter(({ value }) => value !== '')).toEqual([]);
    expect(secrets.every(({ file }) => file.endsWith('.example'))).toBe(true);
  });

  it('name each secret only as a secret', () => {
    const secret = secrets.flatMap(({ spec }) => Object.keys(spec.stringData));

    expect(Object.keys(shared).filter((name) => secret.includes(name))).toEqual([]);
  });
});

describe.each(each)('the deployment $name', ({ name, spec, container }) => {
  const pod = spec.template.spec;

  it('selects its own pods', () => {
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('has more than one replica, and a budget that keeps one of them', () => {
    const [budget] = manifestsOf(
      'PodDisruptionBudget',
      z.object({
        minAvailable: z.number().optional(),
        maxUnavailable: z.number().optional(),
        selector: z.object({ matchLabels: labels }),
      }),
    ).filter((candidate) => candidate.name === name);

    expect(budget?.spec.selector.matchLabels).toEqual(spec.selector.matchLabels);
    const evicted = budget?.spec.maxUnavailable ?? spec.replicas - (budget?.spec.minAvailable ?? 0);
    expect(evicted).toBeGreaterThan(0);
    expect(evicted).toBeLessThan(spec.replicas);
  });

  it('asks for its health at a port of its own', () => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    const asked = probes.flatMap((one) => (one === undefined ? [] : [one.httpGet]));

    for (const { path, port } of asked) {
      expect(path).toBe('/healthz');
      expect(container.ports.map((declared) => declared.name)).toContain(port);
    }
  });

  it('listens at the ports that the settings say', () => {
    const setting = { agents: 'PORT', platform: 'PLATFORM_PORT', health: 'WORKER_PORT' };

    for (const { name: port, containerPort } of container.ports) {
      expect(setting).toHaveProperty(port);
      // Held by the line before.
      expect(shared[setting[port as keyof typeof setting]]).toBe(String(containerPort));
    }
  });

  it('runs a file that there is, from the image of this version', () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));

    expect(container.command.slice(0, -1)).toEqual(['node', '--import', 'tsx']);
    expect(existsSync(container.command.at(-1) ?? '')).toBe(true);
    expect(container.image).toBe(`graph-fleet:${version}`);
  });

  it('is bounded in processor and memory', () => {
    expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
    expect(Object.keys(container.resources.limits).sort()).toEqual(['cpu', 'memory']);
  });

  it('may do nothing that it does not need', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('writes to mounted folders alone, which are there', () => {
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
      expect.arrayContaining(['/data', '/tmp']),
    );
    const volumes = pod.volumes.map((volume) => volume.name);
    expect(container.volumeMounts.filter((mount) => !volumes.includes(mount.name))).toEqual([]);
  });

  it('takes its settings from the ConfigMap', () => {
    expect(container.envFrom.map(({ configMapRef }) => configMapRef.name)).toEqual(
      configMaps.map((map) => map.name),
    );
  });

  it('is given longer to stop than it takes', () => {
    const asleep = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);

    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      asleep + drainSecondsOf(container.command.at(-1) ?? '') + 5,
    );
  });
});

describe('the server', () => {
  const server = each.find(({ name }) => name === 'graph-fleet-server');

  it('is reached by its Service, and that by the Ingress, at the hosts that it answers to', () => {
    const [service] = manifestsOf(
      'Service',
      z.object({ selector: labels, ports: z.array(z.object({ name: z.string(), targetPort: z.string() })) }),
    );
    const [ingress] = manifestsOf('Ingress', ingressSpec);
    const ports = server?.container.ports.map((port) => port.name) ?? [];
    const rules = ingress?.spec.rules ?? [];
    const backends = rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend.service));

    expect(server?.spec.template.metadata.labels).toMatchObject(service?.spec.selector ?? { none: '' });
    expect(service?.spec.ports.map(({ targetPort }) => targetPort)).toEqual(ports);
    expect(backends.map(({ name }) => name)).toEqual([service?.name, service?.name]);
    expect(backends.map(({ port }) => port.name)).toEqual(ports);
    expect(rules.map(({ host }) => host)).toEqual(shared['ALLOWED_HOSTS']?.split(','));
    expect(ingress?.spec.tls.flatMap(({ hosts }) => hosts)).toEqual(rules.map(({ host }) => host));
    expect(new URL(shared['PLATFORM_MCP_URL'] ?? '').host).toBe(rules[1]?.host);
  });

  it('gives the platform its key where it looks for it', () => {
    expect(readFileSync('src/mcp-server/assemble-platform.ts', 'utf8')).toContain("'platform-seal.key'");
    expect(server?.container.volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: '/data/platform-seal.key', subPath: 'platform-seal.key' }),
    );
  });
});

describe('the network policies', () => {
  const policies = manifestsOf(
    'NetworkPolicy',
    z.object({
      podSelector: z.object({ matchLabels: labels }),
      ingress: z.array(
        z.object({ from: z.array(z.unknown()).optional(), ports: z.array(z.object({ port: z.string() })) }),
      ),
    }),
  );

  it.each(each)('open to $name its own ports and no other', ({ name, spec, container }) => {
    const policy = policies.find((candidate) => candidate.name === name);

    expect(policy?.spec.podSelector.matchLabels).toEqual(spec.selector.matchLabels);
    expect(policy?.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual(
      container.ports.map((port) => port.name),
    );
  });

  it('let nobody at a worker but who watches it', () => {
    const worker = policies.find(({ name }) => name === 'graph-fleet-worker');

    expect(worker?.spec.ingress.every(({ from }) => from !== undefined && from.length > 0)).toBe(true);
  });
});

const ingressSpec = z.object({
  tls: z.array(z.object({ hosts: z.array(z.string()) })),
  rules: z.array(
    z.object({
      host: z.string(),
      http: z.object({
        paths: z.array(
          z.object({
            backend: z.object({
              service: z.object({ name: z.string(), port: z.object({ name: z.string() }) }),
            }),
          }),
        ),
      }),
    }),
  ),
});

/** How long a process may take to drain, as its constants named `…Ms` beside the word drain or cut say. */
function drainSecondsOf(main: string): number {
  const folder = main.replace(/\/[^/]+$/, '');
  const sources = ['main.ts', 'drain.ts']
    .map((file) => `${folder}/${file}`)
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  const waits = sources.flatMap((source) => [...source.matchAll(/const (?:drain|cut)Ms = ([\d_]+);/g)]);
  expect(waits, `${folder} names its drain as "const drainMs = …;"`).not.toEqual([]);
  return waits.reduce((sum, [, text = '0']) => sum + Number(text.replaceAll('_', '')) / 1000, 0);
}
