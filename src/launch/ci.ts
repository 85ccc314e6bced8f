import { createHash } from 'node:crypto';
import type { LaunchId } from '../model.ts';

/** What a CI job does with rolecall: two different doings in one job are two launches. */
export interface CiTarget {
  /** The command: `launch`, `scale`. */
  readonly verb: string;
  /** The fleet, `catalogue/role/environment/context`. */
  readonly fleet: string;
  /** How many machines, or what else the verb aims at. */
  readonly target: string;
}

/** How one CI system names a run and a job; neither may change when the run is attempted again. */
interface CiSystem {
  readonly name: string;
  /** Set, and not empty, in every job of that system. */
  readonly sign: string;
  /** Variables that name the run; the first is the one that people read in the id. */
  readonly run: readonly string[];
  /** Variables that name the job within the run; the first is the one that people read. */
  readonly job: readonly string[];
}

/**
 * Where each system's variables are explained:
 * https://docs.github.com/actions/reference/workflows-and-actions/variables (run id keeps, run attempt counts),
 * https://docs.gitlab.com/ci/variables/predefined_variables/ (a retried job keeps its name, not its id),
 * https://buildkite.com/docs/pipelines/configure/environment-variables (a retried job keeps its step),
 * https://circleci.com/docs/reference/variables/ (a re-run keeps its workspace, not its workflow),
 * https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables.
 */
const SYSTEMS: readonly CiSystem[] = [
  { name: 'github', sign: 'GITHUB_RUN_ID', run: ['GITHUB_RUN_ID', 'GITHUB_REPOSITORY'], job: ['GITHUB_JOB'] },
  {
    name: 'gitlab',
    sign: 'GITLAB_CI',
    run: ['CI_PIPELINE_ID', 'CI_SERVER_HOST', 'CI_PROJECT_ID'],
    job: ['CI_JOB_NAME', 'CI_NODE_INDEX'],
  },
  {
    name: 'buildkite',
    sign: 'BUILDKITE',
    run: ['BUILDKITE_BUILD_ID'],
    job: ['BUILDKITE_STEP_KEY', 'BUILDKITE_STEP_ID', 'BUILDKITE_PARALLEL_JOB'],
  },
  {
    name: 'circleci',
    sign: 'CIRCLECI',
    run: ['CIRCLE_WORKFLOW_WORKSPACE_ID'],
    job: ['CIRCLE_JOB', 'CIRCLE_NODE_INDEX'],
  },
  {
    name: 'jenkins',
    sign: 'JENKINS_URL',
    run: ['BUILD_ID', 'JENKINS_URL', 'JOB_NAME'],
    job: ['STAGE_NAME', 'JOB_BASE_NAME'],
  },
];

/**
 * The launch id of a CI job, so that a re-run of the same job finds the machines that the first run launched:
 * `github-16588214935-deploy-1f0a9c62d7b3`. It holds the run, the job, and a hash of these, of verb, fleet and target;
 * not the attempt.
 * @returns undefined outside CI, or where the system doesn't name its run
 */
export function ciLaunchId(
  env: Readonly<Record<string, string | undefined>>,
  target: CiTarget,
): LaunchId | undefined {
  const system = SYSTEMS.find(({ sign }) => isSet(env[sign]));
  if (system === undefined) return undefined;
  const [runName = ''] = system.run;
  if (!isSet(env[runName])) return undefined;
  const all = [...system.run, ...system.job].map((name) => `${name}=${env[name] ?? ''}`);
  const hash = createHash('sha256')
    .update(JSON.stringify([system.name, all, target.verb, target.fleet, target.target]))
    .digest('hex');
  const job = system.job.map((name) => env[name]).find(isSet) ?? 'job';
  const id = [system.name, readable(env[runName], 20), readable(job, 16), hash.slice(0, 12)].join('-');
  return id as LaunchId;
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

/** Only what a launch id may hold; the hash tells apart what this makes equal. */
const readable = (text: string | undefined, most: number): string =>
  (text ?? '').replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, most);
