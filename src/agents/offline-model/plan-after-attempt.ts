/** Plans what follows a create call: a report, a look for what became of it, or a list of what exists. */
import { awsRdsInstanceKind } from '../../contracts/aws-rds-instance.js';
import type { Call } from './conversation.js';
import { exactHit } from './request-state.js';
import { planCall, requireAnswer, say } from './step.js';
import type { Step, View } from './step.js';
import { toPlaces, toResource, toResources } from './tool-result.js';
import type { FailedResult } from './tool-result.js';
import { namePlaces, shown } from './wording.js';
import { tellFailure } from './wording-failure.js';
import { tellCreated, tellLost, tellRejected, tellUnreadable } from './wording-report.js';
import { tellIssues } from './wording-request.js';

/** Plans the step after a create call of this turn. The call itself is never repeated here. */
export function planAfterAttempt(view: View, attempt: Call): Step {
  const { result } = attempt;
  if (result.ok) {
    const resource = toResource(result.value);
    return say(resource === undefined ? tellUnreadable() : tellCreated(resource));
  }
  return planAfterFailure(view, attempt, result);
}

function planAfterFailure(view: View, attempt: Call, result: FailedResult): Step {
  switch (result.ending) {
    case 'unknown-result':
    case 'lost':
      return lookForLost(view, attempt);
    case 'not-found':
      return listWhatExists(view, attempt, result);
    case 'invalid-argument':
      return say(tellIssues(result, attempt.args));
    case 'cancelled':
      return say(tellRejected(result.message, view.state.isOpen));
    default:
      return say(tellFailure({ name: 'create_cloud_resource', args: attempt.args }, result));
  }
}

/** Searches all environments, so that the look differs from the one before the call and is really made. */
function lookForLost(view: View, { args }: Call): Step {
  const call = planCall('search_cloud_resources', {
    org_id: textOf(args.org_id),
    cloud_resource_kinds: [awsRdsInstanceKind],
    search_text: textOf(args.resource_name),
  });
  const found = requireAnswer(view, call);
  if (found.kind === 'step')
    return found.calls.length > 0 ? found : say(`${tellLost(undefined)} ${found.text}`);
  return say(
    tellLost({ hit: exactHit(toResources(found.value), args.resource_name, textOf(args.env_name)) }),
  );
}

function listWhatExists(view: View, { args }: Call, result: FailedResult): Step {
  const told = tellFailure({ name: 'create_cloud_resource', args }, result);
  const organization = textOf(args.org_id);
  const found = requireAnswer(view, planCall('list_environments_for_org', { org_id: organization }));
  if (found.kind === 'step') return found.calls.length > 0 ? found : say(told);
  return say(
    `${told} The environments of ${shown(organization)} are ${namePlaces(toPlaces(found.value))}. Which one is meant?`,
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
