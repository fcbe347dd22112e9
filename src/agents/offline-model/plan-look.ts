/** Plans the answers to questions: states, resources, kinds, environments, organizations. */
import { awsRdsInstanceKind } from '../../contracts/aws-rds-instance.js';
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import { resolveOrganization } from './resolve-place.js';
import { planCall, requireAnswer, say } from './step.js';
import type { Step, View } from './step.js';
import { toKindFields, toKinds, toPlaces, toResource, toResources } from './tool-result.js';
import {
  tellEnvironments,
  tellFields,
  tellFound,
  tellKinds,
  tellNothingToShow,
  tellOrganizations,
  tellState,
  tellUnreadable,
} from './wording-report.js';
import { askWhichOrganization } from './wording-place.js';

/** Names have no "_", ids do, or are long runs of hexadecimal digits. */
const idLike = /_|^[0-9a-f-]{16,}$/i;

/** Plans the answer to a question about the state of one resource. */
export function planStatus(view: View, subject: string | undefined): Step {
  const { created, seen } = view.state;
  const known = [...seen, ...created];
  const wanted = subject?.toLowerCase();
  const it = created.at(-1) ?? (seen.length > 0 ? seen.at(-1) : undefined);
  const match = known.findLast(
    ({ id, name }) => id.toLowerCase() === wanted || name.toLowerCase() === wanted,
  );
  const target = wanted === undefined ? it : match;
  if (target !== undefined) return fetchState(view, target.id);
  if (subject === undefined) return say(tellNothingToShow());
  return idLike.test(subject) ? fetchState(view, subject) : searchState(view, subject.toLowerCase());
}

function fetchState(view: View, id: string): Step {
  const found = requireAnswer(view, planCall('get_cloud_resource_by_id', { resource_id: id }));
  if (found.kind === 'step') return found;
  const resource = toResource(found.value);
  return say(resource === undefined ? tellUnreadable() : tellState(resource));
}

function searchState(view: View, name: string): Step {
  const found = search(view, name);
  if ('kind' in found) return found;
  const exact = found.resources.filter((resource) => resource.name === name);
  const [only] = exact;
  return say(only !== undefined && exact.length === 1 ? tellState(only) : tellFound(found.resources, name));
}

/** Plans a list of resources, of one environment when the question names one. */
export function planResources(view: View): Step {
  const found = search(view, undefined);
  return 'kind' in found ? found : say(tellFound(found.resources, undefined));
}

interface SearchAnswer {
  readonly resources: readonly CloudResource[];
}

function search(view: View, name: string | undefined): SearchAnswer | Step {
  const place = resolveOrganization(view);
  if (place.kind === 'step') return place;
  const { organization, organizations } = place;
  if (organization === undefined) return say(askWhichOrganization(organizations));
  const { said, text } = view.state.reading;
  const isAboutDatabases = name !== undefined || /\b(?:instances?|databases?|dbs?|rds)\b/i.test(text);
  const found = requireAnswer(
    view,
    planCall('search_cloud_resources', {
      org_id: organization,
      ...(said.environment === undefined ? {} : { env_names: [said.environment] }),
      ...(isAboutDatabases ? { cloud_resource_kinds: [awsRdsInstanceKind] } : {}),
      ...(name === undefined ? {} : { search_text: name.slice(0, 200) }),
    }),
  );
  return found.kind === 'step' ? found : { resources: toResources(found.value) };
}

/** Plans a list of the kinds of resources. */
export function planKinds(view: View): Step {
  const found = requireAnswer(view, planCall('list_cloud_resource_kinds', {}));
  return found.kind === 'step' ? found : say(tellKinds(toKinds(found.value)));
}

/** Plans a list of organizations. */
export function planOrganizations(view: View): Step {
  const found = requireAnswer(view, planCall('list_organizations', {}));
  return found.kind === 'step' ? found : say(tellOrganizations(toPlaces(found.value)));
}

/** Plans a list of the environments of one organization. */
export function planEnvironments(view: View): Step {
  const place = resolveOrganization(view);
  if (place.kind === 'step') return place;
  const { organization, organizations } = place;
  if (organization === undefined) return say(askWhichOrganization(organizations));
  const found = requireAnswer(view, planCall('list_environments_for_org', { org_id: organization }));
  return found.kind === 'step' ? found : say(tellEnvironments(organization, toPlaces(found.value)));
}

/** Plans a description of the one kind this model creates. */
export function planFields(view: View): Step {
  const call = planCall('get_cloud_resource_schema', { cloud_resource_kind: awsRdsInstanceKind });
  const found = requireAnswer(view, call);
  if (found.kind === 'step') return found;
  const fields = toKindFields(found.value);
  return say(fields === undefined ? tellUnreadable() : tellFields(fields));
}
