/** ELF e_machine numbers (System V ABI) by the name of their architecture. */
const MACHINES: Readonly<Record<number, string>> = { 3: '386', 8: 'mips', 20: 'ppc', 21: 'ppc64', 22: 's390x', 40: 'arm', 62: 'amd64', 183: 'arm64', 243: 'riscv64', 258: 'loong64' };
const PT_INTERP = 3;
/** As much of a program as is looked at: the kernel itself decides by its first page. */
export const programHead: number = 64 * 1024;

/**
 * What keeps a program from running, as one clause; '' when nothing is seen. `read` gives the first bytes of a file in the
 * container's root (undefined: no such regular file). `architecture` is the host's, in Go's words.
 */
export function programProblem(path: string, read: (path: string) => Buffer | undefined, architecture: string): string {
  const head = read(path);
  if (head === undefined) return '';
  if (head.length === 0) return `${path} is an empty file`;
  if (head[0] === 0x23 && head[1] === 0x21) return scriptProblem(path, head, read);
  if (head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46) return elfProblem(path, head, read, architecture);
  return `${path} is neither an ELF program nor a script with a #! line`;
}

function scriptProblem(path: string, head: Buffer, read: (path: string) => Buffer | undefined): string {
  const line = head.toString('latin1', 2, Math.min(head.length, 256)).split('\n', 1)[0] ?? '';
  const interpreter = line.replace(/^[ \t]+/, '').split(/[ \t]/, 1)[0] ?? '';
  if (interpreter.trim() === '') return `${path} has an empty #! line`;
  if (interpreter.endsWith('\r')) return `the #! line of ${path} ends with a carriage return (a file with Windows line ends), so the kernel looks for ${JSON.stringify(interpreter)}`;
  if (read(interpreter) === undefined) return `the interpreter ${interpreter} in the #! line of ${path} does not exist in the container`;
  return '';
}

function elfProblem(path: string, head: Buffer, read: (path: string) => Buffer | undefined, architecture: string): string {
  const wide = head[4] === 2;
  const little = head[5] === 1;
  if (head.length < (wide ? 64 : 52)) return `${path} is an ELF file that was cut off`;
  const u16 = (at: number): number => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const u64 = (at: number): number => Number(little ? head.readBigUInt64LE(at) : head.readBigUInt64BE(at));
  const machine = MACHINES[u16(18)] ?? `machine ${u16(18)}`;
  if (!runsOn(machine, architecture)) return `${path} is a program for ${machine}, and this host is ${architecture}`;
  const table = wide ? u64(32) : u32(28);
  const size = u16(wide ? 54 : 42);
  const count = u16(wide ? 56 : 44);
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    if (at + (wide ? 56 : 32) > head.length) break;
    if (u32(at) !== PT_INTERP) continue;
    const [from, length] = wide ? [u64(at + 8), u64(at + 32)] : [u32(at + 4), u32(at + 16)];
    if (length < 2 || length > 4096 || from + length > head.length) break;
    const interpreter = head.toString('latin1', from, from + length - 1);
    if (read(interpreter) === undefined) return `the dynamic loader ${interpreter} that ${path} asks for does not exist in the container (a program built for another libc?)`;
  }
  return '';
}

function runsOn(machine: string, architecture: string): boolean {
  return machine === architecture || (architecture === 'amd64' && machine === '386') || (architecture === 'arm64' && machine === 'arm');
}
