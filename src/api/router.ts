import { endpoints, type Endpoint, type EndpointId } from './endpoints.ts';
import { unserved } from './endpoints-rest.ts';

/** Where a path leads. `unserved`: Docker's API has it, this engine not (yet). */
export type Route =
  | { readonly kind: 'endpoint'; readonly id: EndpointId; readonly endpoint: Endpoint; readonly name: string }
  | { readonly kind: 'unserved'; readonly operation: string }
  | { readonly kind: 'notFound' };

interface Pattern {
  readonly prefix: string;
  readonly suffix: string;
  readonly route: (name: string) => Route;
}

interface MethodRoutes {
  readonly exact: Map<string, Route>;
  readonly patterns: Pattern[];
}

/** Finds the endpoint of a method and a decoded path without version prefix. */
export function route(method: string, path: string): Route {
  const routes = table.get(method);
  if (routes === undefined) return { kind: 'notFound' };
  const exact = routes.exact.get(path);
  if (exact !== undefined) return exact;
  for (const { prefix, suffix, route: make } of routes.patterns) {
    if (path.length <= prefix.length + suffix.length || !path.startsWith(prefix) || !path.endsWith(suffix)) continue;
    return make(path.slice(prefix.length, path.length - suffix.length));
  }
  return { kind: 'notFound' };
}

/** Splits `/v1.44/info` into `1.44` and `/info`; the version is undefined when the path carries none. */
export function splitVersion(path: string): { version: string | undefined; rest: string } {
  const match = /^\/v([0-9]+(?:\.[0-9]+)?)(\/.*)$/.exec(path);
  return match === null ? { version: undefined, rest: path } : { version: match[1], rest: match[2] ?? '/' };
}

const table = buildTable();

function buildTable(): ReadonlyMap<string, MethodRoutes> {
  const result = new Map<string, MethodRoutes>();
  const add = (method: string, path: string, make: (name: string) => Route): void => {
    const routes: MethodRoutes = result.get(method) ?? { exact: new Map(), patterns: [] };
    result.set(method, routes);
    const [prefix = '', suffix] = path.split('{name}');
    if (suffix === undefined) routes.exact.set(path, make(''));
    else routes.patterns.push({ prefix, suffix, route: make });
  };
  for (const [id, endpoint] of Object.entries(endpoints) as [EndpointId, Endpoint][]) {
    add(endpoint.method, endpoint.path, (name) => ({ kind: 'endpoint', id, endpoint, name }));
  }
  for (const operation of unserved) {
    const [method = '', path = ''] = operation.split(' ');
    add(method, path, () => ({ kind: 'unserved', operation }));
  }
  // The longest suffix first, so that `/containers/{name}/attach/ws` and `/images/{name}/json` win over `/images/{name}`.
  for (const routes of result.values()) routes.patterns.sort((a, b) => b.suffix.length - a.suffix.length || b.prefix.length - a.prefix.length);
  return result;
}
