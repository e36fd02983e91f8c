import { fail } from '#base/errors.ts';
import { familiarString, fullName, parseReference, tagNameOnly, trimNamed, withDigest } from '#spec/reference.ts';
import type { Digest } from '#spec/ids.ts';
import type { NamedReference } from '#spec/reference.ts';
import type { Catalog } from './catalog.ts';

/** Containers made from an image, as the engine knows them. */
export type UsedBy = (id: Digest) => readonly { readonly id: string; readonly running: boolean }[];

/** One line of what a removal did, in order. */
export type Removal = { untagged: string } | { deleted: string };

interface Request {
  readonly force: boolean;
  readonly prune: boolean;
  readonly usedBy: UsedBy;
}

/**
 * Docker's rules for `rmi`: a name is taken away; the image goes when that was its last name; an id takes all names of one
 * repository with it. Changes the catalog only; call it inside one transaction, then collect. Throws notFound, conflict.
 */
export function removeImage(catalog: Catalog, text: string, request: Request): Removal[] {
  const id = catalog.resolve(text);
  const removals: Removal[] = [];
  const names = catalog.names(id);
  let quiet = false;
  if (isPrefixOf(text, id)) {
    if (isSingle(names)) {
      checkConflict(catalog, id, { stopped: !request.force, names: false }, request.usedBy);
      untag(catalog, names, removals);
    }
  } else {
    if (untagOne(catalog, id, text, names, request, removals).length > 0) return removals;
    quiet = true;
  }
  deleteImage(catalog, id, request, quiet, removals);
  return removals;
}

/** Takes one name away and says which names the image still has. */
function untagOne(
  catalog: Catalog,
  id: Digest,
  text: string,
  names: readonly NamedReference[],
  request: Request,
  removals: Removal[],
): NamedReference[] {
  if (!request.force && isSingle(names)) {
    const user = request.usedBy(id)[0];
    if (user !== undefined) {
      fail(
        'conflict',
        `conflict: unable to remove repository reference ${JSON.stringify(text)} (must force) - container ${short(user.id)} is using its referenced image ${short(id)}`,
      );
    }
  }
  const parsed = parseReference(text);
  const name = parsed.digest === undefined ? tagNameOnly(parsed) : withDigest(trimNamed(parsed), parsed.digest);
  untag(catalog, [name], removals);
  const rest = catalog.names(id);
  // Digests of a repository go with its last tag.
  const inRepository = rest.filter((other) => fullName(other) === fullName(name));
  if (name.digest !== undefined || inRepository.some((other) => other.digest === undefined)) return rest;
  untag(catalog, inRepository, removals);
  return catalog.names(id);
}

function untag(catalog: Catalog, names: readonly NamedReference[], removals: Removal[]): void {
  for (const name of names) {
    catalog.removeName(name);
    removals.push({ untagged: familiarString(name) });
  }
}

function deleteImage(catalog: Catalog, id: Digest, request: Request, quiet: boolean, removals: Removal[]): void {
  try {
    checkConflict(catalog, id, { stopped: !request.force, names: !request.force }, request.usedBy);
  } catch (error) {
    // The name is gone, that was what had to be done; but an image that nobody can reach any more is worth an error.
    if (quiet && (catalog.names(id).length > 0 || request.usedBy(id).length > 0)) return;
    throw error;
  }
  const parent = catalog.parent(id);
  untag(catalog, catalog.names(id), removals);
  catalog.delete(id);
  removals.push({ deleted: id });
  if (!request.prune || parent === undefined) return;
  // Unnamed images that it was built from go as well, as far up as nothing else needs them.
  if (catalog.names(parent).length === 0) deleteImage(catalog, parent, { ...request, force: false }, true, removals);
}

function checkConflict(catalog: Catalog, id: Digest, soft: { stopped: boolean; names: boolean }, usedBy: UsedBy): void {
  const refuse = (how: string, why: string): never => fail('conflict', `conflict: unable to delete ${short(id)} (${how}) - ${why}`);
  if (catalog.hasChildren(id)) refuse('cannot be forced', 'image has dependent child images');
  const users = usedBy(id);
  const running = users.find((user) => user.running);
  if (running !== undefined) refuse('cannot be forced', `image is being used by running container ${short(running.id)}`);
  if (soft.names && catalog.names(id).length > 0) refuse('must be forced', 'image is referenced in multiple repositories');
  const stopped = users[0];
  if (soft.stopped && stopped !== undefined) refuse('must be forced', `image is being used by stopped container ${short(stopped.id)}`);
}

function isPrefixOf(text: string, id: Digest): boolean {
  return id.startsWith(text) || id.slice(id.indexOf(':') + 1).startsWith(text);
}

/** At most one tag, and every digest in the same repository. */
function isSingle(names: readonly NamedReference[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter((name) => name.digest === undefined);
  if (tags.length > 1) return false;
  return new Set(names.map(fullName)).size === 1;
}

function short(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
