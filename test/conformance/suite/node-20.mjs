/**
 * The suite imports `globSync` of `node:fs`, which Node 20 does not have, for a command that nobody here runs. This lets
 * it start there as it was published: nothing of it is patched, and no second Node of 185 MB is installed beside this one.
 */
import * as fs from 'node:fs';
import { register } from 'node:module';

if (!('globSync' in fs)) register('./give-glob-sync.mjs', import.meta.url);
