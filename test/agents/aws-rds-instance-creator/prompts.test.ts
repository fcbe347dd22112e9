import { describe, expect, it } from 'vitest';
import { toSystemPrompt } from '../../../src/agents/aws-rds-instance-creator/prompts.js';
import { rdsTools } from '../../../src/agents/aws-rds-instance-creator/tools.js';

describe('toSystemPrompt', () => {
  it('ends with what the run config gives', () => {
    expect(toSystemPrompt({ organization: 'acme' })).toMatch(/\n\nRun context:\nOrganization: acme$/);
    expect(toSystemPrompt({ environment: 'dev' })).toMatch(/\n\nRun context:\nEnvironment: dev$/);
    expect(toSystemPrompt({ organization: 'acme', environment: 'dev' })).toMatch(/acme\nEnvironment: dev$/);
  });

  it('has no such part when nothing is given', () => {
    expect(toSystemPrompt({})).not.toContain('Run context:');
  });

  it('names no tool that the agent does not carry', () => {
    const named = toSystemPrompt({}).match(/\b(?:list|get|search|create)_cloud\w+/g) ?? [];
    const carried = rdsTools.map(({ name }) => name);

    expect(named.length).toBeGreaterThan(2);
    for (const name of named) expect(carried).toContain(name);
  });
});
