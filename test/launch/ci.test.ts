import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CiTarget, ciLaunchId } from '../../src/launch/ci.ts';
import { isLaunchId } from '../../src/model.ts';
import { anyCharacter, holds } from '../support/property.ts';

const TARGET: CiTarget = { verb: 'launch', fleet: 'shop/web/prod/b', target: '3' };

/** Each system's variables for one job; `again` are those that a second attempt of it changes. */
const SYSTEMS = [
  {
    name: 'github',
    env: {
      CI: 'true',
      GITHUB_RUN_ID: '16588214935',
      GITHUB_REPOSITORY: 'shop/infra',
      GITHUB_JOB: 'deploy',
      GITHUB_RUN_ATTEMPT: '1',
    },
    again: { GITHUB_RUN_ATTEMPT: '2' },
    otherRun: { GITHUB_RUN_ID: '16588214936' },
    otherJob: { GITHUB_JOB: 'canary' },
  },
  {
    name: 'gitlab',
    env: {
      GITLAB_CI: 'true',
      CI_PIPELINE_ID: '991',
      CI_SERVER_HOST: 'gitlab.com',
      CI_PROJECT_ID: '5',
      CI_JOB_NAME: 'deploy: [b]',
      CI_JOB_ID: '10',
    },
    again: { CI_JOB_ID: '11' },
    otherRun: { CI_PIPELINE_ID: '992' },
    otherJob: { CI_JOB_NAME: 'deploy: [c]' },
  },
  {
    name: 'buildkite',
    env: {
      BUILDKITE: 'true',
      BUILDKITE_BUILD_ID: '0187aaaa-1111-2222-3333-444455556666',
      BUILDKITE_STEP_ID: 'st-1',
      BUILDKITE_JOB_ID: 'j-1',
      BUILDKITE_RETRY_COUNT: '0',
    },
    again: { BUILDKITE_JOB_ID: 'j-2', BUILDKITE_RETRY_COUNT: '1' },
    otherRun: { BUILDKITE_BUILD_ID: '0187aaaa-1111-2222-3333-444455556667' },
    otherJob: { BUILDKITE_STEP_ID: 'st-2' },
  },
  {
    name: 'circleci',
    env: {
      CIRCLECI: 'true',
      CIRCLE_WORKFLOW_WORKSPACE_ID: 'w-1',
      CIRCLE_WORKFLOW_ID: 'w-1',
      CIRCLE_JOB: 'deploy',
      CIRCLE_BUILD_NUM: '5',
    },
    again: { CIRCLE_WORKFLOW_ID: 'w-2', CIRCLE_BUILD_NUM: '9' },
    otherRun: { CIRCLE_WORKFLOW_WORKSPACE_ID: 'w-3' },
    otherJob: { CIRCLE_JOB: 'canary' },
  },
  {
    name: 'jenkins',
    env: {
      JENKINS_URL: 'https://ci/',
      BUILD_ID: '77',
      JOB_NAME: 'infra/main',
      JOB_BASE_NAME: 'main',
      STAGE_NAME: 'Deploy',
      EXECUTOR_NUMBER: '0',
    },
    again: { EXECUTOR_NUMBER: '1' },
    otherRun: { BUILD_ID: '78' },
    otherJob: { STAGE_NAME: 'Canary' },
  },
];

describe.each(SYSTEMS)('on $name', ({ name, env, again, otherRun, otherJob }) => {
  const id = ciLaunchId(env, TARGET);

  test('a job has a launch id that names the system', () => {
    expect(id).toMatch(new RegExp(`^${name}-`));
    expect(isLaunchId(id ?? '')).toBe(true);
  });

  test('a second attempt has the same id', () => {
    expect(ciLaunchId({ ...env, ...again }, TARGET)).toBe(id);
  });

  test('another run, job, verb, fleet or target has another id', () => {
    const others = [
      ciLaunchId({ ...env, ...otherRun }, TARGET),
      ciLaunchId({ ...env, ...otherJob }, TARGET),
      ciLaunchId(env, { ...TARGET, verb: 'scale' }),
      ciLaunchId(env, { ...TARGET, fleet: 'shop/web/prod/c' }),
      ciLaunchId(env, { ...TARGET, target: '4' }),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });
});

/** All variables that tell one job from another; the first of each system names it. */
const TELLING = [
  ['GITHUB_RUN_ID', 'GITHUB_REPOSITORY', 'GITHUB_JOB'],
  ['CI_PIPELINE_ID', 'CI_SERVER_HOST', 'CI_PROJECT_ID', 'CI_JOB_NAME', 'CI_NODE_INDEX'],
  ['BUILDKITE_BUILD_ID', 'BUILDKITE_STEP_KEY', 'BUILDKITE_STEP_ID', 'BUILDKITE_PARALLEL_JOB'],
  ['CIRCLE_WORKFLOW_WORKSPACE_ID', 'CIRCLE_JOB', 'CIRCLE_NODE_INDEX'],
  ['BUILD_ID', 'JENKINS_URL', 'JOB_NAME', 'STAGE_NAME', 'JOB_BASE_NAME'],
].flatMap((names, index) => names.map((name) => ({ name, env: SYSTEMS[index]?.env })));

test.each(TELLING)('another $name is another job', ({ name, env }) => {
  const ids = ['1', '2'].map((value) => ciLaunchId({ ...env, [name]: value }, TARGET));
  expect(new Set(ids).size).toBe(2);
});

test('the id shows run and job', () => {
  expect(ciLaunchId(SYSTEMS[0]?.env ?? {}, TARGET)).toMatch(/^github-16588214935-deploy-[0-9a-f]{12}$/);
});

test('outside CI, or where the run has no name, there is none', () => {
  expect(ciLaunchId({ HOME: '/root', CI: 'true', BUILD_ID: '5' }, TARGET)).toBeUndefined();
  expect(ciLaunchId({ GITLAB_CI: 'true' }, TARGET)).toBeUndefined();
  expect(ciLaunchId({ GITHUB_RUN_ID: '' }, TARGET)).toBeUndefined();
});

test('whatever a job is called, the id is a launch id', () => {
  const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 100 });
  holds(
    fc.property(text, text, (run, job) => {
      const id = ciLaunchId({ GITHUB_RUN_ID: run, GITHUB_JOB: job }, TARGET);
      expect(isLaunchId(id ?? '')).toBe(true);
    }),
  );
});
