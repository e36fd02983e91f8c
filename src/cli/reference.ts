/** Image names as Docker's client checks and shows them (distribution/reference, the familiar form). */

export interface FamiliarReference {
  /** "docker.io/library/busybox" */
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
  /** "busybox:latest" */
  readonly familiar: string;
}

const domainPattern = /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/** Reads a name with optional tag and digest; without either the tag is "latest". Throws with Docker's texts. */
export function parseReference(text: string): FamiliarReference {
  if (/^[a-f0-9]{64}$/.test(text)) throw new Error(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const match = /^([^@]*?)(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/.exec(text);
  const { domain, path } = splitDomain(match?.[1] ?? text);
  const bare = path.split(/[:@]/)[0] as string;
  if (bare.toLowerCase() !== bare) throw new Error(`invalid reference format: repository name (${bare}) must be lowercase`);
  if (match === null || !pathPattern.test(path) || !domainPattern.test(domain) || domain.length + path.length + 1 > 255) throw new Error('invalid reference format');
  const digest = match[3] ?? '';
  const tag = match[2] ?? (digest === '' ? 'latest' : '');
  const short = domain !== 'docker.io' ? `${domain}/${path}` : path.replace(/^library\/(?=[^/]+$)/, '');
  return { name: `${domain}/${path}`, tag, digest, familiar: `${short}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}` };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const domain = !isDomain || first === 'index.docker.io' ? 'docker.io' : first;
  const path = isDomain ? name.slice(slash + 1) : name;
  return { domain, path: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}
