import { SYSCALL_NUMBERS } from './numbers.ts';

/** An ABI under which system calls can arrive. */
export interface Abi {
  /** libseccomp's name. */
  readonly name: string;
  /** AUDIT_ARCH_* value in seccomp_data.arch (include/uapi/linux/audit.h). */
  readonly audit: number;
  /** Added to the numbers of the table: x32 calls have bit 30 set under x86-64's audit value. */
  readonly base: number;
  /** Arguments are 64 bits wide; in 32-bit ABIs only the low half counts. */
  readonly wide: boolean;
  readonly column: number;
}

/** Bit that marks x32 calls. */
export const X32_BIT = 0x4000_0000;

const ABIS: readonly Abi[] = [
  { name: 'SCMP_ARCH_X86_64', audit: 0xc000_003e, base: 0, wide: true, column: 0 },
  { name: 'SCMP_ARCH_X86', audit: 0x4000_0003, base: 0, wide: false, column: 1 },
  { name: 'SCMP_ARCH_X32', audit: 0xc000_003e, base: X32_BIT, wide: false, column: 2 },
  { name: 'SCMP_ARCH_AARCH64', audit: 0xc000_00b7, base: 0, wide: true, column: 3 },
  { name: 'SCMP_ARCH_ARM', audit: 0x4000_0028, base: 0, wide: false, column: 4 },
];

/** Every architecture name of the OCI specification; those that are not ours are accepted and never match. */
export const KNOWN_ARCHITECTURES: readonly string[] = (
  'X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB'
)
  .split(' ')
  .map((name) => `SCMP_ARCH_${name}`);

/** Native ABI of each machine, and those that its kernel also runs. */
export const FAMILIES: Readonly<Record<'x86_64' | 'aarch64', readonly string[]>> = {
  x86_64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  aarch64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** The ABI with this name; undefined for architectures that are not ours. */
export function abiOf(name: string): Abi | undefined {
  return ABIS.find((abi) => abi.name === name);
}

let table: ReadonlyMap<string, readonly string[]> | undefined;

/** Number of a call in an ABI (with its base), or undefined where the ABI lacks it. */
export function syscallNumber(abi: Abi, name: string): number | undefined {
  table ??= new Map(
    SYSCALL_NUMBERS.trim()
      .split(/\s+/)
      .map((word) => [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1).split(',')]),
  );
  const number = table.get(name)?.[abi.column];
  return number === undefined || number === '' ? undefined : Number(number) + abi.base;
}
