import { quote } from '#base/go-quote.ts';

const known = new Set([
  'aix', 'android', 'darwin', 'dragonfly', 'freebsd', 'illumos', 'ios', 'js', 'linux', 'netbsd', 'openbsd', 'plan9', 'solaris', 'wasip1', 'windows', 'macos',
  '386', 'amd64', 'amd64p32', 'arm', 'armbe', 'arm64', 'arm64be', 'ppc64', 'ppc64le', 'loong64', 'mips', 'mipsle', 'mips64', 'mips64le', 'mips64p32', 'mips64p32le',
  'ppc', 'riscv', 'riscv64', 's390', 's390x', 'sparc', 'sparc64', 'wasm', 'i386', 'x86_64', 'x86-64', 'aarch64', 'armhf', 'armel',
]);

/** Refuses what is no "os[/arch[/variant]]", with the texts of Docker's client. Empty is allowed: the daemon chooses. */
export function checkPlatform(text: string): void {
  if (text === '') return;
  const parts = text.toLowerCase().split('/');
  const wrong = (why: string): never => {
    throw new Error(`${quote(text)}: ${why}: invalid argument`);
  };
  if (parts.length > 3) wrong('cannot parse platform specifier');
  if (parts.length === 1 && !known.has(parts[0] as string)) wrong('unknown operating system or architecture');
}
