import { CATALOGUE_SHAPE, ROLE_FIELDS, ROLE_SHAPE, SETTINGS_SHAPE } from '../../src/catalogue/fields.ts';
import { SETTINGS } from '../../src/catalogue/settings.ts';
import type { Field, MapShape, RecordShape, Shape } from '../../src/yaml/shape.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The catalogue's JSON Schema (draft 7, which editors know), from the table that the validator reads: it accepts what
 * the validator's shapes accept. What no schema can tell (undeclared names, doubles, secrets) only the validator knows.
 */
export function catalogueSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'rolecall catalogue (roles.yaml)',
    ...recordSchema(CATALOGUE_SHAPE),
    definitions: {
      settings: { type: 'object', additionalProperties: false, properties: properties(SETTINGS) },
      role: {
        type: 'object',
        additionalProperties: false,
        properties: {
          ...properties(ROLE_FIELDS),
          ...Object.fromEntries(
            SETTINGS.map(({ name }) => [name, { $ref: `#/definitions/settings/properties/${name}` }]),
          ),
        },
      },
    },
  };
}

const properties = (fields: readonly Field[]): Json =>
  Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)]));

function fieldSchema(field: Field): Json {
  const schema = field.nullable ? orNull(shapeSchema(field.shape)) : shapeSchema(field.shape);
  const tail = field.default === undefined ? '' : ` (default: ${field.default})`;
  // Beside a $ref draft 7 ignores everything, so a reference is wrapped.
  const body = '$ref' in schema ? { allOf: [schema] } : schema;
  return { description: `${field.description}${tail}`, ...body };
}

function shapeSchema(shape: Shape): Json {
  switch (shape.kind) {
    case 'text':
      return { type: shape.asWritten ? ['string', 'number', 'boolean'] : 'string', pattern: shape.pattern };
    case 'choice':
      return { type: 'string', enum: shape.values };
    case 'flag':
      return { type: 'boolean' };
    case 'whole':
      return shape.min === shape.max
        ? { const: shape.min }
        : { type: 'integer', minimum: shape.min, maximum: shape.max };
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of) };
    case 'map':
      return mapSchema(shape);
    case 'record':
      return referenceTo(shape) ?? recordSchema(shape);
    case 'either':
      return { anyOf: [shapeSchema(shape.scalar), shapeSchema(shape.nested)] };
  }
}

/** Settings and roles stand in many places; each is defined once. */
function referenceTo(shape: RecordShape): Json | undefined {
  if (shape === SETTINGS_SHAPE) return { $ref: '#/definitions/settings' };
  return shape === ROLE_SHAPE ? { $ref: '#/definitions/role' } : undefined;
}

const recordSchema = (shape: RecordShape): Json => ({
  type: 'object',
  additionalProperties: false,
  required: shape.fields.filter(({ required }) => required).map(({ name }) => name),
  properties: properties(shape.fields),
});

const mapSchema = (shape: MapShape): Json => ({
  type: 'object',
  additionalProperties: false,
  patternProperties: Object.fromEntries(
    shape.rules.map(({ pattern, value, nullable }) => [
      pattern,
      nullable ? orNull(shapeSchema(value)) : shapeSchema(value),
    ]),
  ),
  ...(shape.minEntries !== undefined && { minProperties: shape.minEntries }),
  ...(shape.maxEntries !== undefined && { maxProperties: shape.maxEntries }),
});

const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });
