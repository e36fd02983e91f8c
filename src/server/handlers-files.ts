import { fail } from '#base/errors.ts';
import { parseBool } from '#api/query.ts';
import type { Document } from '#api/schema.ts';
import type { PathStat } from '#engine/files/types.ts';
import { type Call, type Handler, type Reply, type Services, value } from './call.ts';

type FileIds = 'ContainerArchiveInfo' | 'ContainerArchive' | 'PutContainerArchive' | 'ContainerExport' | 'ContainerChanges' | 'ImageCommit';

/** Handlers of what concerns the files of containers. */
export const fileHandlers: { readonly [Id in FileIds]: Handler<Id> } = {
  ContainerArchiveInfo: async ({ engine }, { name, query, signal }) => ({
    kind: 'value', headers: statHeader(await engine.containers.statPath(name, requirePath(query.path), signal)),
  }),
  ContainerArchive: async ({ engine }, { name, query, signal }) => {
    const { stat, body } = await engine.containers.readArchive(name, requirePath(query.path), signal);
    return { kind: 'tar', body, headers: statHeader(stat) };
  },
  PutContainerArchive: async ({ engine }, { name, query, tar, signal }) => {
    const { noOverwriteDirNonDir, copyUIDGID } = query;
    await engine.containers.extractArchive(name, { path: requirePath(query.path), noOverwriteDirNonDir, copyUIDGID, signal }, tar);
    return value();
  },
  ContainerExport: async ({ engine }, { name, signal }) => ({ kind: 'tar', body: await engine.containers.export(name, signal), type: 'application/octet-stream' }),
  ContainerChanges: async ({ engine }, { name, signal }) => value(await engine.containers.changes(name, signal)),
  ImageCommit: commit,
};

// The missing blank is dockerd's.
function requirePath(path: string | undefined): string {
  return path ?? fail('invalidArgument', 'bad parameter: pathcannot be empty');
}

/** The stat as base64 of JSON in which, as Go writes it, nothing looks like markup. */
function statHeader({ name, size, mode, mtime, linkTarget }: PathStat): Record<string, string> {
  const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  const json = JSON.stringify({ name, size, mode, mtime, linkTarget }).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char] ?? char);
  return { 'X-Docker-Container-Path-Stat': Buffer.from(json).toString('base64') };
}

async function commit({ engine }: Services, { query, body, signal }: Call<'ImageCommit'>): Promise<Reply> {
  const { container = '', repo = '', tag = '', comment = '', author = '', pause, changes } = query;
  if (container === '') fail('invalidArgument', 'invalid name or ID supplied: ""');
  const config: Document<'CommitBody'> | undefined = Object.keys(body).length === 0 ? undefined : body;
  const paused = pause === undefined || parseBool(pause);
  return value(await engine.containers.commit(container, { repo, tag, comment, author, pause: paused, changes, config, signal }));
}
