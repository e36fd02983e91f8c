import { apiVersion, type Endpoint, endpoints, type QueryType } from './endpoints.ts';
import { documentNames, documentTable, type Field, type FieldType } from './tables.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 of everything that is served, made from the descriptors. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const [id, endpoint] of Object.entries(endpoints)) {
    const path = (paths[endpoint.path] ??= {});
    path[endpoint.method.toLowerCase()] = operation(id, endpoint);
  }
  const schemas = Object.fromEntries(documentNames().map((name) => [name, documentSchema(name)]));
  return {
    openapi: '3.1.0',
    info: { title: 'Berth Engine API', version: apiVersion, description: 'The Docker Engine API as Berth serves it, with Berth’s own endpoints (x-berth).' },
    servers: [{ url: `/v${apiVersion}` }],
    paths,
    components: { schemas },
  };
}

/** JSON Schema of one document; other documents are references into `#/components/schemas`. */
export function documentSchema(name: string): Json {
  const { fields } = documentTable(name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    required: fields.filter((field) => !field.optional).map((field) => field.name),
  };
}

function operation(id: string, endpoint: Endpoint): Json {
  const parameters: Json[] = [];
  if (endpoint.path.includes('{name}')) parameters.push({ name: 'name', in: 'path', required: true, schema: { type: 'string' } });
  for (const [name, type] of Object.entries(endpoint.query ?? {})) parameters.push({ name, in: 'query', schema: querySchema(type) });
  return {
    operationId: id,
    ...(endpoint.own === true ? { 'x-berth': true } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(endpoint.body === undefined ? {} : { requestBody: { content: requestContent(endpoint.body) } }),
    responses: {
      [endpoint.answer.status]: { description: 'success', ...answerContent(endpoint) },
      default: { description: 'error', content: { 'application/json': { schema: reference('ErrorResponse') } } },
    },
  };
}

function requestContent(body: string): Json {
  return body === 'tar' ? { 'application/x-tar': {} } : { 'application/json': { schema: reference(body) } };
}

const streamTypes = {
  frames: 'application/vnd.docker.multiplexed-stream', lines: 'application/json', tar: 'application/x-tar', text: 'text/plain',
  hijack: 'application/vnd.docker.raw-stream', websocket: 'application/vnd.docker.raw-stream',
} as const;

function answerContent({ answer }: Endpoint): Json {
  if (answer.stream !== undefined) return { content: { [streamTypes[answer.stream]]: {} } };
  if (answer.document !== undefined) return { content: { 'application/json': { schema: reference(answer.document) } } };
  if (answer.list !== undefined) return { content: { 'application/json': { schema: { type: 'array', items: reference(answer.list) } } } };
  return {};
}

function querySchema(type: QueryType): Json {
  switch (type) {
    case 'bool': return { type: 'boolean', default: false };
    case 'bool=true': return { type: 'boolean', default: true };
    case 'int': return { type: 'integer' };
    case 'string[]': return { type: 'array', items: { type: 'string' } };
    case 'string': return { type: 'string' };
    case 'time': return { type: 'string', description: 'seconds since the epoch, up to nine decimals' };
    case 'filters': return { type: 'string', description: 'JSON: filter name to list of values' };
  }
}

function fieldSchema({ type, nullable }: Field): Json {
  const schema = typeSchema(type);
  return nullable ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function typeSchema(type: FieldType): Json {
  switch (type.kind) {
    case 'document': return reference(type.name);
    case 'list': return { type: 'array', items: typeSchema(type.of) };
    case 'map': return { type: 'object', additionalProperties: typeSchema(type.of) };
    case 'scalar': return scalarSchema(type.name);
  }
}

function scalarSchema(name: string): Json {
  switch (name) {
    case 'any': return {};
    case 'Empty': return { type: 'object', additionalProperties: false };
    case 'string': return { type: 'string' };
    case 'bool': return { type: 'boolean' };
    case 'StrSlice': return { oneOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] };
    case 'uint16': return { type: 'integer', minimum: 0, maximum: 65_535 };
    case 'uint': case 'uint32': case 'uint64': return { type: 'integer', minimum: 0 };
    default: return { type: 'integer', ...(name === 'int' ? {} : { format: name === 'nanos' ? 'int64' : name }) };
  }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
