import { readFileSync } from 'node:fs';

/** The parts of Docker's `config.json` that the client uses. Unknown parts are ignored. */
export interface ConfigFile {
  readonly currentContext: string;
  readonly detachKeys: string;
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** Default templates by list: psFormat, imagesFormat, networksFormat … */
  readonly formats: Readonly<Record<string, string>>;
  readonly proxies: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Registry → base64 of user:password. */
  readonly auths: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
}

/** Reads DIR/config.json. A missing file is an empty one; a broken one is warned about and taken as empty, as Docker does. */
export function loadConfig(directory: string, warn: (text: string) => void): ConfigFile {
  const path = `${directory}/config.json`;
  let parsed: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isObject(value)) parsed = value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && (error as NodeJS.ErrnoException).code !== 'ENOTDIR') {
      warn(`WARNING: Error loading config file: ${path}: ${(error as Error).message}`);
    }
  }
  const formats: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed)) if (key.endsWith('Format') && typeof value === 'string') formats[key] = value;
  return {
    currentContext: text(parsed['currentContext']),
    detachKeys: text(parsed['detachKeys']),
    httpHeaders: strings(parsed['HttpHeaders']),
    formats,
    proxies: nested(parsed['proxies']),
    auths: nested(parsed['auths']),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function strings(value: unknown): Record<string, string> {
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')) : {};
}

function nested(value: unknown): Record<string, Record<string, string>> {
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strings(inner)])) : {};
}
