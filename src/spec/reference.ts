import { fail } from '#base/errors.ts';
import type { Digest } from './ids.ts';

declare const brand: unique symbol;

/**
 * A normalised name of an image: `docker.io/library/busybox:latest`. Made only by {@link parseReference} and the `with…`
 * functions. The grammar is that of the reference package of the distribution project.
 */
export interface NamedReference {
  readonly [brand]: 'NamedReference';
  /** Host with optional port; `docker.io` when none was given; empty for the odd names that have none. */
  readonly domain: string;
  /** Repository on that host: `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** What a user may write where an image is meant: a name, or a digest (also as 64 bare hex digits). */
export type AnyReference =
  | { readonly kind: 'named'; readonly named: NamedReference }
  | { readonly kind: 'digest'; readonly digest: Digest };

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
/** Longest repository path. */
const MAX_PATH = 255;
/** Nothing longer than host + path + tag + digest can be valid; keeps the regular expressions off megabytes of input. */
const MAX_TEXT = 4096;

const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST_TEXT = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${DOMAIN})/(${PATH})(?::(${TAG}))?(?:@(${DIGEST_TEXT}))?$`);
// A first component with a dot that is no host name ("a_b.c/d") makes a name without a host, as the original has it.
const HOSTLESS = new RegExp(`^()(${PATH})(?::(${TAG}))?(?:@(${DIGEST_TEXT}))?$`);
const TAG_ONLY = new RegExp(`^${TAG}$`);
const BARE_ID = /^[a-f0-9]{64}$/;

/**
 * Parses a name as users write it (`busybox`, `host:5000/a/b:tag@sha256:…`) and normalises it.
 * Throws invalidArgument with the texts of the distribution project's reference package.
 */
export function parseReference(text: string): NamedReference {
  if (BARE_ID.test(text)) fail('invalidArgument', `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  if (text.length > MAX_TEXT) fail('invalidArgument', 'invalid reference format');
  const { domain, remainder } = splitDomain(text);
  const colon = remainder.indexOf(':');
  const remote = colon < 0 ? remainder : remainder.slice(0, colon);
  if (remote.toLowerCase() !== remote) fail('invalidArgument', `invalid reference format: repository name (${remote}) must be lowercase`);
  const match = REFERENCE.exec(`${domain}/${remainder}`) ?? HOSTLESS.exec(`${domain}/${remainder}`);
  if (match === null) fail('invalidArgument', 'invalid reference format');
  const [, host = '', path = '', tag, digest] = match;
  if (path.length > MAX_PATH) fail('invalidArgument', `repository name must not be more than ${MAX_PATH} characters`);
  return make({ domain: host, path, tag, digest: digest === undefined ? undefined : checkDigest(digest) });
}

/** Parses a name, a digest or 64 bare hex digits. Throws invalidArgument. */
export function parseAnyReference(text: string): AnyReference {
  if (BARE_ID.test(text)) return { kind: 'digest', digest: `sha256:${text}` as Digest };
  if (/^sha256:[a-f0-9]{64}$|^sha512:[a-f0-9]{128}$/.test(text)) return { kind: 'digest', digest: text as Digest };
  return { kind: 'named', named: parseReference(text) };
}

function splitDomain(text: string): { domain: string; remainder: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const given = isHost ? first : DEFAULT_DOMAIN;
  const remainder = isHost ? text.slice(slash + 1) : text;
  const domain = given === LEGACY_DOMAIN ? DEFAULT_DOMAIN : given;
  return { domain, remainder: domain === DEFAULT_DOMAIN && !remainder.includes('/') ? OFFICIAL + remainder : remainder };
}

function checkDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const hex = text.slice(colon + 1);
  const length = { sha256: 64, sha384: 96, sha512: 128 }[text.slice(0, colon)];
  if (length === undefined) fail('invalidArgument', 'unsupported digest algorithm');
  if (hex.length !== length) fail('invalidArgument', 'invalid checksum digest length');
  if (!/^[a-f0-9]+$/.test(hex)) fail('invalidArgument', 'invalid checksum digest format');
  return text as Digest;
}

function make(parts: { domain: string; path: string; tag?: string | undefined; digest?: Digest | undefined }): NamedReference {
  const { domain, path, tag, digest } = parts;
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) } as NamedReference;
}

/** Full repository name: `docker.io/library/busybox`. */
export function fullName(reference: NamedReference): string {
  return reference.domain === '' ? reference.path : `${reference.domain}/${reference.path}`;
}

/** Full text with tag and digest: `docker.io/library/busybox:latest@sha256:…`. */
export function fullString(reference: NamedReference): string {
  return fullName(reference) + suffix(reference);
}

/** Repository name as users see it: `busybox`, `user/app`, `host:5000/app`. */
export function familiarName(reference: NamedReference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return fullName(reference);
  const rest = reference.path.startsWith(OFFICIAL) ? reference.path.slice(OFFICIAL.length) : reference.path;
  // "library/a/b" and "library/localhost…"-like names keep their prefix: the short form would not parse back.
  return rest.includes('/') ? reference.path : rest;
}

/** Text with tag and digest as users see it: `busybox:latest`. */
export function familiarString(reference: NamedReference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix(reference: NamedReference): string {
  return (reference.tag === undefined ? '' : `:${reference.tag}`) + (reference.digest === undefined ? '' : `@${reference.digest}`);
}

/** Adds the tag `latest` when there is neither tag nor digest. */
export function tagNameOnly(reference: NamedReference): NamedReference {
  return reference.tag === undefined && reference.digest === undefined ? make({ ...reference, tag: 'latest' }) : reference;
}

/** The repository alone. */
export function trimNamed(reference: NamedReference): NamedReference {
  return make({ domain: reference.domain, path: reference.path });
}

/** The repository with this tag. Throws invalidArgument `invalid tag format`. */
export function withTag(reference: NamedReference, tag: string): NamedReference {
  if (!TAG_ONLY.test(tag)) fail('invalidArgument', 'invalid tag format');
  return make({ domain: reference.domain, path: reference.path, tag });
}

/** The repository with this digest. */
export function withDigest(reference: NamedReference, digest: Digest): NamedReference {
  return make({ domain: reference.domain, path: reference.path, digest });
}
