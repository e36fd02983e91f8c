import { fail } from '#base/errors.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** `algorithm:hex`, verified by {@link parseDigest}. OCI image-spec, descriptor.md. */
export type Digest = Branded<string, 'Digest'>;
/** Digest of a layer's uncompressed tar. OCI image-spec, config.md. */
export type DiffId = Digest;
/** Digest that names a stack of layers. OCI image-spec, config.md. */
export type ChainId = Branded<string, 'ChainId'>;
/** 64 lower-case hex digits, made by the engine's generator only. */
export type ContainerId = Branded<string, 'ContainerId'>;
/** A path that starts with `/` and has no NUL byte. */
export type AbsolutePath = Branded<string, 'AbsolutePath'>;

const DIGEST = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/;

/** Parses a digest; only registered algorithms that we can verify are accepted. Throws invalidArgument. */
export function parseDigest(text: string): Digest {
  if (!DIGEST.test(text)) fail('invalidArgument', `invalid digest ${JSON.stringify(text)}`);
  return text as Digest;
}

/** True when {@link parseDigest} would accept the text. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** A chain id has the form of a digest but names a stack of layers, never a blob. */
export function parseChainId(text: string): ChainId {
  return parseDigest(text) as string as ChainId;
}

/** Parses an absolute path. Throws invalidArgument. */
export function parseAbsolutePath(text: string): AbsolutePath {
  if (!text.startsWith('/') || text.includes('\0')) fail('invalidArgument', `not an absolute path: ${JSON.stringify(text)}`);
  return text as AbsolutePath;
}
