/** Reads what platforms of other generations answer, and gives it the form of the present one. */
import { resourceStates } from '../../contracts/cloud-resource-tools.js';
import { OutcomeError } from '../../outcomes.js';

type Members = Readonly<Record<string, unknown>>;

/** Parses an answer. @throws {@link OutcomeError} of this outcome for one that is not JSON. */
export function parseAnswer(text: string, outcome: 'contract' | 'unknown-result' = 'contract'): unknown {
  try {
    return JSON.parse(text) as unknown; // any otherwise
  } catch {
    throw new OutcomeError({ outcome });
  }
}

/** Gives the members of an object, none for anything else. */
export function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Members; // an object by now
}

/** Gives a member by its name, written `like_this` or `likeThis`. */
export function memberOf(value: unknown, name: string): unknown {
  const members = membersOf(value);
  const camel = name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return Object.hasOwn(members, name)
    ? members[name]
    : Object.hasOwn(members, camel)
      ? members[camel]
      : undefined;
}

/** Gives a member that is a text with something in it. */
export function textOf(value: unknown, name: string): string | undefined {
  const text = memberOf(value, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** Gives a list: the value itself, or what stands in its one list. */
export function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const list: unknown = Object.values(membersOf(value)).find(Array.isArray);
  return Array.isArray(list) ? list : [];
}

/**
 * Gives the list that an answer is or holds; one that left its empty members out has none.
 *
 * @throws {@link OutcomeError} `contract` for an answer of another form: read as an empty list it would say that nothing is there.
 */
export function requireList(answer: unknown): readonly unknown[] {
  if (answer === null || Array.isArray(answer)) return listIn(answer);
  const members = Object.values(membersOf(answer));
  if (typeof answer === 'object' && (members.length === 0 || members.some(Array.isArray)))
    return listIn(answer);
  throw new OutcomeError({ outcome: 'contract' });
}

/** Tells whether a field keeps a secret, by its name: other generations mark none. */
export function isSecretName(name: string): boolean {
  return /pass(?:word|phrase|wd)|secret|token|credential|(?:private|api|access)_?key$/i.test(name);
}

/** Takes the members that keep secrets out, at every depth: these platforms give them back in clear. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !isSecretName(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutSecrets(member)]));
}

/** Gives an organization or an environment as the present platform lists it. */
export function toPlace(value: unknown): Members {
  const metadata = memberOf(value, 'metadata') ?? value;
  return withoutEmpty({
    id: textOf(metadata, 'id'),
    slug: textOf(metadata, 'slug') ?? textOf(metadata, 'id'),
    name: textOf(metadata, 'name'),
    description: textOf(value, 'description') ?? textOf(memberOf(value, 'spec'), 'description'),
  });
}

/** Gives a found resource as the present platform’s search does; no state, where that is not told. */
export function toFoundResource(value: unknown, env = textOf(value, 'env')): Members {
  return withoutEmpty({
    id: textOf(value, 'id'),
    // The name in addresses: what a person calls it may be written otherwise.
    name: textOf(value, 'slug') ?? textOf(value, 'name'),
    cloud_resource_kind: textOf(value, 'cloud_resource_kind'),
    org: textOf(value, 'org'),
    env,
    state: stateOf(value),
    description: textOf(value, 'description'),
    tags: memberOf(value, 'tags'),
  });
}

/**
 * Gives a whole resource as the present platform does, its secrets left out.
 *
 * @throws {@link OutcomeError} of this outcome when it has no id: then it is something else.
 */
export function toWholeResource(
  answer: unknown,
  outcome: 'contract' | 'unknown-result' = 'contract',
): Members {
  const metadata = memberOf(answer, 'metadata');
  // The newer one keeps the kind’s own object inside a resource that is the same for all kinds.
  const own = memberOf(memberOf(answer, 'spec'), 'cloud_object') ?? answer;
  const id = textOf(metadata, 'id');
  if (id === undefined) throw new OutcomeError({ outcome });
  const state = stateOf(memberOf(answer, 'status'));
  return withoutEmpty({
    id,
    name: textOf(metadata, 'slug') ?? textOf(metadata, 'name'),
    cloud_resource_kind: textOf(own, 'kind'),
    org: textOf(metadata, 'org'),
    env: textOf(metadata, 'env'),
    state,
    state_message: state === undefined ? 'This platform does not tell the state here.' : undefined,
    tags: memberOf(metadata, 'tags'),
    spec: withoutSecrets(memberOf(own, 'spec')),
  });
}

function stateOf(value: unknown): string | undefined {
  const state = textOf(value, 'state');
  return resourceStates.find((known) => known === state?.toLowerCase()) ?? state;
}

/** Gives the members that have a value. */
export function withoutEmpty(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
