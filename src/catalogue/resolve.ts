import { UsageError } from '../errors.ts';
import type { BuildAccess, PathName } from '../model.ts';
import { defined } from '../objects.ts';
import { nearest } from '../suggest.ts';
import { child, type Located, type LocatedMap, type Source, textAt, textsOf } from '../yaml/located.ts';
import { durationMs } from '../yaml/texts.ts';
import type { Catalogue } from './catalogue.ts';
import { type Layer, mergeLayers, provenanceOf } from './merge.ts';
import { type Overrides, overrideLayer } from './overrides.ts';
import { DEFAULT_TIMEOUT_MS, type Role } from './role.ts';
import { MAX_USER_TAGS } from './setting-shapes.ts';
import { bundleSettings, machineSettings } from './typed-settings.ts';

/** What an operator names. */
export interface Choice {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
}

/**
 * A role for one environment and context, with every value and who set it.
 * @throws UsageError for a name that the catalogue lacks, an unusable override, or a setting that nothing gives
 */
export function resolveRole(catalogue: Catalogue, choice: Choice, overrides: Overrides = {}): Role {
  const names = checkedNames(catalogue, choice);
  const flags = overrideLayer(overrides);
  const settings = mergeLayers([...layersFor(catalogue.root, names), flags]);
  const top = catalogue.root.entries;
  const region = regionOf(catalogue, flags);
  const ami = amiOf(catalogue, flags, region.text);
  const map: LocatedMap = { ...catalogue.root, entries: settings };
  const machine = machineSettings(map, () => missingInstanceType(catalogue, names));
  const keep = textAt(map, 'keep');
  const success = textAt(map, 'success');
  const failure = textAt(map, 'failure');
  const timeout = textAt(map, 'timeout');
  const budget = textAt(map, 'boot_budget');
  const role: Role = defined({
    catalogue: catalogue.name,
    ...names,
    description: catalogue.roles.find(({ name }) => name === names.role)?.description,
    region: region.text,
    ami: ami.text,
    bucket: catalogue.bucket,
    bucketOwner: catalogue.bucketOwner,
    prefix: catalogue.prefix,
    // Where patterns judge, the AMI's bootstrapper is its own, and sends none.
    beacons: catalogue.beacons && success === undefined && failure === undefined,
    app: textAt(map, 'app') as PathName | undefined,
    fetch:
      (textAt(map, 'fetch') as BuildAccess | undefined) ??
      (machine.instanceProfile === undefined ? 'presigned' : 'profile'),
    keep: keep === undefined ? undefined : Number(keep),
    bundle: bundleSettings(map),
    machine,
    personality: textsOf(child(map, 'personality')),
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(timeout),
    bootBudgetMs: budget === undefined ? undefined : durationMs(budget),
    patterns: defined({ success, failure }),
    catalogueSha256: catalogue.sha256,
    provenance: provenanceOf(top, settings, { region: region.source, ami: ami.source }),
  });
  checkBundle(role, catalogue);
  checkTags(role);
  checkPlaces(role);
  return role;
}

/** The layers, weakest first. */
function layersFor(root: LocatedMap, { role, environment, context }: Choice): Layer[] {
  const own = child(child(root, 'roles'), role);
  return [
    child(root, 'defaults'),
    child(child(root, 'environments'), environment),
    child(child(root, 'contexts'), context),
    own,
    child(child(own, 'environments'), environment),
    child(child(own, 'contexts'), context),
  ].map((layer) => (layer?.kind === 'map' ? layer.entries : new Map()));
}

function checkedNames(
  catalogue: Catalogue,
  choice: Choice,
): { role: PathName; environment: PathName; context: PathName } {
  const roles = catalogue.roles.map(({ name }) => name);
  return {
    role: known('role', choice.role, roles, catalogue),
    environment: known('environment', choice.environment, catalogue.environments, catalogue),
    context: known('context', choice.context, catalogue.contexts, catalogue),
  };
}

function known(kind: string, name: string, names: readonly PathName[], { label }: Catalogue): PathName {
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  const near = nearest(name, names);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(`${label} has no ${kind} ${JSON.stringify(name)}${meant}`, {
    hint: `its ${kind}s: ${names.join(', ')}`,
  });
}

interface Given {
  readonly text: string;
  readonly source: Source;
}

const given = (node: Located | undefined): Given | undefined =>
  node?.kind === 'scalar' ? { text: node.text, source: node.at.source } : undefined;

function regionOf(catalogue: Catalogue, flags: Layer): Given {
  const region = given(flags.get('region')?.value) ?? given(child(catalogue.root, 'region'));
  if (region !== undefined) return region;
  throw new UsageError(`no region: ${catalogue.label} has no region at its top level`, {
    hint: 'write region: eu-central-1 (or yours) there, or give --region',
  });
}

function amiOf(catalogue: Catalogue, flags: Layer, region: string): Given {
  const node = child(catalogue.root, 'ami');
  const ami = given(flags.get('ami')?.value) ?? given(node) ?? given(child(node, region));
  if (ami !== undefined) return ami;
  if (node?.kind !== 'map') {
    throw new UsageError(`no AMI: ${catalogue.label} has no ami at its top level`, {
      hint: 'write ami: ami-... there, or give --ami',
    });
  }
  const regions = [...node.entries.keys()].join(', ');
  throw new UsageError(
    `no AMI for region ${region}: ${catalogue.label} has ami.${regions.replaceAll(', ', ', ami.')}`,
    { hint: `write ami.${region} in ${catalogue.label}, or give --ami, or one of its regions: ${regions}` },
  );
}

function missingInstanceType({ label }: Catalogue, { role, environment, context }: Choice): never {
  throw new UsageError(`${role} in environment ${environment}, context ${context} has no instance_type`, {
    hint: `write roles.${role}.instance_type (or defaults.instance_type) in ${label}, or give --instance-type`,
  });
}

/** What only the merged layers can tell of a role with modules. */
function checkBundle({ role, app, bundle, bucket, personality }: Role, { label }: Catalogue): void {
  if (bundle === undefined) return;
  if (app !== undefined)
    throw new UsageError(`${role} has both an app (${app}) and modules`, {
      hint: `a machine runs either the AMI's bootstrapper, which deploys an app, or a start-up bundle: remove one of them in ${label} (null removes a weaker layer's)`,
    });
  if (bucket === undefined)
    throw new UsageError(`${role} has modules, but ${label} names no bucket`, {
      hint: 'write bucket: NAME at its top level: machines fetch their start-up bundle from there',
    });
  const twice = Object.keys(bundle.variables).find((name) => name in personality);
  if (twice !== undefined)
    throw new UsageError(`${role} has ${twice} both in its personality and in its variables`, {
      hint: 'modules would get two values of one name: remove one of them',
    });
}

/** The layers each keep to EC2's limit; merged they might not. */
function checkTags({ machine, role }: Role): void {
  const count = Object.keys(machine.tags).length;
  if (count <= MAX_USER_TAGS) return;
  throw new UsageError(
    `${role} has ${count} tags once its layers are merged; EC2 leaves room for ${MAX_USER_TAGS}`,
    {
      hint: `remove ${count - MAX_USER_TAGS} (null removes a weaker layer's tag): rolecall roles show ${role}`,
    },
  );
}

/** A subnet lies in one zone: several of both would say where machines go twice. */
function checkPlaces({ machine: { subnets, zones }, region, provenance, role }: Role): void {
  if (subnets.length > 0 && zones.length > 0 && subnets.length + zones.length > 2)
    throw new UsageError(
      `${role} has ${subnets.length} subnets and ${zones.length} zones once its layers are merged`,
      { hint: "subnets say the zones already: leave the zones out (null removes a weaker layer's)" },
    );
  const zone = zones.find((each) => !each.startsWith(region));
  if (zone === undefined) return;
  const source = provenance.get('zone') ?? provenance.get('zones');
  const where = source?.kind === 'file' ? ` (${source.file}:${source.line}:${source.column})` : '';
  throw new UsageError(`zone ${zone}${where} is not in region ${region}`, {
    hint: 'give a --zone of that region, or the --region of that zone',
  });
}
