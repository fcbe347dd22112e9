/** Which wrappers the RDS agent carries, and why each. */
import {
  getCloudResourceById,
  getCloudResourceSchema,
  listCloudResourceKinds,
  listEnvironmentsForOrg,
  listOrganizations,
  searchCloudResources,
} from '../../tools/cloud-resources.js';
import type { WrapperTool } from '../../tools/define-wrapper-tool.js';
import { createInstance } from './create-instance.js';

/** The tools of the agent. */
export const rdsTools: readonly WrapperTool[] = [
  // Where: asked only when the run config does not say it.
  listOrganizations,
  listEnvironmentsForOrg,
  // What: the fields and rules of the kind.
  listCloudResourceKinds,
  getCloudResourceSchema,
  // Whether the name is free, and what a lost answer left behind.
  searchCloudResources,
  // The write.
  createInstance,
  // How it goes on afterwards.
  getCloudResourceById,
];
