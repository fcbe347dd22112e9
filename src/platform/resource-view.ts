/** A resource as it is shown. */
import type { CloudResource } from '../contracts/cloud-resource-tools.js';
import { stateAt, stateMessage, type LifecycleDurations } from './resource-lifecycle.js';
import type { PlacedResource } from './resource-store.js';
import { z } from 'zod';

const tagsColumn = z.array(z.string());
const specColumn = z.record(z.string(), z.unknown());

/** The resource, and whether its creator can still read its sealed fields. */
export interface ResourceView {
  readonly resource: CloudResource;
  readonly hasCredentials: boolean;
}

/** Shows a stored resource at a time; write-only fields are not in it, since the row's spec does not hold them. */
export function toResourceView(
  row: PlacedResource,
  nowMs: number,
  durations: LifecycleDurations,
): ResourceView {
  const state = stateAt(row, nowMs, durations);
  const message = stateMessage(state);
  const tags = tagsColumn.parse(JSON.parse(row.tags));
  const resource: CloudResource = {
    id: row.id,
    name: row.name,
    cloud_resource_kind: row.kind,
    org: row.org,
    env: row.env,
    state,
    ...(message === undefined ? {} : { state_message: message }),
    created_by: row.created_by,
    created_at: row.created_at,
    ...(row.description === null ? {} : { description: row.description }),
    ...(tags.length === 0 ? {} : { tags }),
    spec: specColumn.parse(JSON.parse(row.spec)),
  };
  return { resource, hasCredentials: row.sealed !== null };
}

/** The same without its spec, as a search shows it. */
export function withoutSpec({ resource }: ResourceView): CloudResource {
  const { spec: _, ...rest } = resource;
  return rest;
}
