/**
 * Writes src/runtime/seccomp/numbers.ts from the kernel's headers. Usage: generate-syscalls.ts FOLDER, where FOLDER holds
 * `x86/asm`, `arm64/asm` and `arm/asm` (Debian's package linux-libc-dev of Linux 6.11 or newer: usr/lib/linux/uapi).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES: readonly string[] = ['x86/asm/unistd_64.h', 'x86/asm/unistd_32.h', 'x86/asm/unistd_x32.h', 'arm64/asm/unistd_64.h', 'arm/asm/unistd-eabi.h'];
const OUTPUT = join(import.meta.dirname, '..', 'src', 'runtime', 'seccomp', 'numbers.ts');

// arch/arm/include/uapi/asm/unistd.h: private calls, and a second name of one call.
const ARM_BASE = 0x0f0000;
const ARM_PRIVATE: Readonly<Record<string, number>> = { breakpoint: ARM_BASE + 1, cacheflush: ARM_BASE + 2, usr26: ARM_BASE + 3, usr32: ARM_BASE + 4, set_tls: ARM_BASE + 5, get_tls: ARM_BASE + 6 };

function parse(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [, name = '', number] of text.matchAll(/^#define __NR_(\w+)\s+(?:\(__(?:X32_SYSCALL_BIT|NR_SYSCALL_BASE) \+ )?(\d+)\)?$/gm)) numbers.set(name, Number(number));
  return numbers;
}

function render(tables: readonly Map<string, number>[]): string {
  const names = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort();
  const lines: string[] = [];
  let line = ' ';
  for (const name of names) {
    const word = ` ${name}:${tables.map((table) => table.get(name) ?? '').join(',')}`;
    if (line.length + word.length > 138) {
      lines.push(line);
      line = ' ';
    }
    line += word;
  }
  return [...lines, line].join('\n');
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: generate-syscalls.ts FOLDER');
const tables = FILES.map((file) => parse(readFileSync(join(folder, file), 'utf8')));
const arm = tables[4];
for (const [name, number] of Object.entries(ARM_PRIVATE)) arm?.set(name, number);
arm?.set('sync_file_range2', arm.get('arm_sync_file_range') ?? 341);

writeFileSync(
  OUTPUT,
  `// Made by tools/generate-syscalls.ts from the kernel's headers; do not edit.

/** System call numbers: \`name:x86_64,x86,x32,aarch64,arm\`, empty where the architecture lacks the call; x32 without its bit 30. */
export const SYSCALL_NUMBERS: string = \`
${render(tables)}
\`;
`,
);
