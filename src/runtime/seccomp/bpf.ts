/** One classic BPF instruction: struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; } (include/uapi/linux/filter.h). */
export interface Instruction {
  readonly code: number;
  readonly jt?: number;
  readonly jf?: number;
  readonly k: number;
}

/** Codes that seccomp filters use (kernel/seccomp.c, seccomp_check_filter). */
export const BPF = {
  LOAD: 0x20, // A = u32 at offset k of struct seccomp_data
  AND: 0x54, // A &= k
  JUMP: 0x05, // skip k
  EQUAL: 0x15, // A == k
  GREATER: 0x25, // A > k, unsigned
  AT_LEAST: 0x35, // A >= k, unsigned
  RETURN: 0x06,
} as const;

/** Offsets in struct seccomp_data. */
export const DATA = { NR: 0, ARCH: 4, ARGS: 16 } as const;

/** The kernel's limit (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4096;

/** `return value`. */
export function returns(value: number): Instruction {
  return { code: BPF.RETURN, k: value };
}

/** Two-way branch on `A >= k`; a far second branch is reached by a jump, as conditional offsets have 8 bits. */
export function branch(k: number, below: readonly Instruction[], atLeast: readonly Instruction[]): Instruction[] {
  if (below.length <= 255) return [{ code: BPF.AT_LEAST, jt: below.length, jf: 0, k }, ...below, ...atLeast];
  return [{ code: BPF.AT_LEAST, jt: 0, jf: 1, k }, { code: BPF.JUMP, k: below.length }, ...below, ...atLeast];
}

/** Guard: runs `body` (which always returns) when `A == k`, else goes on after it. */
export function whenEqual(k: number, body: readonly Instruction[]): Instruction[] {
  if (body.length <= 255) return [{ code: BPF.EQUAL, jt: 0, jf: body.length, k }, ...body];
  return [{ code: BPF.EQUAL, jt: 1, jf: 0, k }, { code: BPF.JUMP, k: body.length }, ...body];
}

/** Little-endian bytes of struct sock_filter[]. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt = 0, jf = 0, k }, index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k >>> 0, true);
  });
  return bytes;
}
