/** OCI image-spec, image-index.md, `platform`. JSON names. */
export interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  i386: '386',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
};

/** Go's name for a machine architecture given under any usual name (`x86_64`, Node's `x64`, …). */
export function normalizeArchitecture(name: string): string {
  const lower = name.toLowerCase();
  return ARCHITECTURES[lower] ?? lower;
}

/** The platform whose images run on this host. */
export function hostPlatform(): Platform {
  const architecture = normalizeArchitecture(process.arch);
  return architecture === 'arm64' ? { architecture, os: 'linux', variant: 'v8' } : { architecture, os: 'linux' };
}

/** Parses `os`, `arch` or `os/arch[/variant]`; what is left out is the host's. Returns undefined for anything else. */
export function parsePlatform(text: string): Platform | undefined {
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,2}$/.test(text)) return undefined;
  const [first = '', second, third] = text.split('/');
  const host = hostPlatform();
  if (second === undefined) {
    const os = first.toLowerCase();
    if (['linux', 'windows', 'darwin', 'freebsd', 'wasip1'].includes(os)) return { ...host, os };
    return withVariant('linux', normalizeArchitecture(first), undefined);
  }
  return withVariant(first.toLowerCase(), normalizeArchitecture(second), third?.toLowerCase());
}

function withVariant(os: string, architecture: string, variant: string | undefined): Platform {
  // arm64 means v8 and arm means v7 when nothing is said: OCI image-spec, image-index.md, "Platform Variants".
  const implied =
    architecture === 'arm64' && variant === undefined ? 'v8' : architecture === 'arm' && variant === undefined ? 'v7' : variant;
  return implied === undefined || implied === '' ? { architecture, os } : { architecture, os, variant: implied };
}

/** `os/architecture[/variant]`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined && part !== '').join('/');
}

/** True when an image for `offered` satisfies a request for `wanted`. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  if (offered.os !== wanted.os || normalizeArchitecture(offered.architecture) !== normalizeArchitecture(wanted.architecture)) return false;
  const variant = (platform: Platform): string =>
    withVariant(platform.os, normalizeArchitecture(platform.architecture), platform.variant || undefined).variant ?? '';
  return variant(offered) === variant(wanted);
}
