/** The platform’s read tools as wrappers, shared by agents; they read all three generations of it. */
import { cloudResourceTools } from '../contracts/cloud-resource-tools.js';
import { defineWrapperTool } from './define-wrapper-tool.js';
import * as newer from './platform-generations/newer-tools.js';
import * as older from './platform-generations/older-tools.js';
import { withoutWriteOnlyFields } from './write-only-fields.js';

/** Lists the organizations the user belongs to. */
export const listOrganizations = defineWrapperTool({
  name: 'list_organizations',
  description: 'Lists the organizations the user belongs to.',
  schema: cloudResourceTools.list_organizations,
  class: 'read',
  translations: [older.olderListOrganizations, newer.newerListOrganizations],
});

/** Lists the environments of an organization. */
export const listEnvironmentsForOrg = defineWrapperTool({
  name: 'list_environments_for_org',
  description: 'Lists the environments of an organization that the user may see.',
  schema: cloudResourceTools.list_environments_for_org,
  class: 'read',
  translations: [older.olderListEnvironments, newer.newerListEnvironments],
});

/** Lists the kinds of resources that the platform knows. */
export const listCloudResourceKinds = defineWrapperTool({
  name: 'list_cloud_resource_kinds',
  description: 'Lists the kinds of resources that the platform knows, with their providers.',
  schema: cloudResourceTools.list_cloud_resource_kinds,
  class: 'read',
  translations: [older.olderListKinds, newer.newerListKinds],
});

/** Gives the JSON Schema of a kind, without the fields that are made where the call leaves. */
export const getCloudResourceSchema = defineWrapperTool({
  name: 'get_cloud_resource_schema',
  description: 'Gives the JSON Schema of a kind: its fields with their rules, units and examples.',
  schema: cloudResourceTools.get_cloud_resource_schema,
  class: 'read',
  translations: [older.olderGetSchema, newer.newerGetSchema],
  present: withoutWriteOnlyFields,
});

/** Reads one resource. */
export const getCloudResourceById = defineWrapperTool({
  name: 'get_cloud_resource_by_id',
  description: 'Reads one resource: its state now and its spec.',
  schema: cloudResourceTools.get_cloud_resource_by_id,
  class: 'read',
  translations: [older.olderGetResource, newer.newerGetResource],
});

/** Finds resources by organization, environment, kind and part of a name. */
export const searchCloudResources = defineWrapperTool({
  name: 'search_cloud_resources',
  description: 'Finds resources by organization, environment, kind and part of a name.',
  schema: cloudResourceTools.search_cloud_resources,
  class: 'read',
  translations: [older.olderSearch, newer.newerSearch],
});
