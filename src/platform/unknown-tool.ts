/** The use case of a tool that does not exist: its refusal, so that the trail tells who tries names. */
import { z } from 'zod';
import { NotFoundError } from '../errors.js';
import { hide } from './call-scope.js';
import type { UseCase } from './perform-call.js';

const input = z.object({ name: z.string(), arguments: z.unknown() });

/** Ends every call with "not found"; the record holds the name that was asked for. */
export const unknownTool: UseCase<z.output<typeof input>, never> = {
  action: 'unknown_tool',
  input,
  writes: false,
  run: (scope, { name }) => {
    scope.trail.name = name;
    return hide(scope, 'no-such-tool', new NotFoundError('tool', name));
  },
};
