import { describe, expect, it } from 'vitest';
import { createStandIn, fullRequest } from './support/stand-in-platform.js';

describe('organizations and environments', () => {
  it('asks which organization when there are several, in the same message', async () => {
    const { ask } = createStandIn({ organizations: ['acme', 'globex'] });

    expect(await ask('Create a postgres in dev')).toMatch(/organization: acme or globex[\s\S]*subnets/);
  });

  it.each([
    ['in marsnet', 'There is no organization or environment "marsnet"'],
    ['in the qa environment', 'There is no environment "qa" in acme'],
    ['in dev for organization marsnet', 'There is no organization "marsnet"'],
    ['in marsnet/dev', 'There is no organization "marsnet"'],
  ])('answers a postgres %s with what exists', async (where, sentence) => {
    const { ask, called } = createStandIn();

    const answer = await ask(`Create a postgres ${where}, subnet-a1 and subnet-b2, defaults`);

    expect(answer).toContain(sentence);
    expect(answer).toContain('acme');
    expect(called('create_cloud_resource')).toEqual([]);
    await ask('organization acme, in dev then');
    expect(called('create_cloud_resource')[0]?.args).toMatchObject({ org_id: 'acme', env_name: 'dev' });
  });

  it('names the organizations when the run was given one that does not exist', async () => {
    const { ask } = createStandIn({
      system: 'Organization: marsnet',
      replies: { list_environments_for_org: () => ({ outcome: 'not-found' }) },
    });

    expect(await ask('Create a postgres in dev')).toContain(
      'There is no organization "marsnet" that you may see. Yours: acme.',
    );
  });

  it('finds an environment by the longer form of its name', async () => {
    const { ask, called } = createStandIn({ environments: ['production'] });

    await ask(fullRequest.replace('in dev', 'in prod'));

    expect(called('create_cloud_resource')[0]?.args).toMatchObject({ env_name: 'production' });
  });

  it('says that a word after "for" is no organization of theirs', async () => {
    const { ask } = createStandIn();

    expect(await ask('Create a postgres for billing in dev')).toContain('I take "billing" as what it is for');
  });
});
