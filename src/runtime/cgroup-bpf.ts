import type { DeviceException, DevicePolicy } from './cgroup-devices.ts';

// eBPF instructions (include/uapi/linux/bpf.h, Documentation/bpf/standardization/instruction-set.rst):
// struct bpf_insn { u8 code; u8 dst:4, src:4; s16 off; s32 imm; }, little endian.
const LDX_W = 0x61;
const MOV_IMM = 0xb4; // 32-bit
const MOV_REG = 0xbc;
const AND_IMM = 0x54;
const RSH_IMM = 0x74;
const JNE_IMM = 0x56; // BPF_JMP32
const JEQ_IMM = 0x16;
const EXIT = 0x95;

// struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }, access_type = access << 16 | type.
const TYPE = 2;
const ACCESS_REGISTER = 3;
const MAJOR = 4;
const MINOR = 5;
const SCRATCH = 1;
const BPF_DEVCG_DEV = { b: 1, c: 2 } as const;

interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src?: number;
  readonly off?: number;
  readonly imm?: number;
}

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program with the same verdict as the v1 controller for this policy: exceptions in turn,
 * then the default. Returns 1 to allow. The result is raw struct bpf_insn bytes.
 */
export function devicePolicyProgram(policy: DevicePolicy): Uint8Array {
  const program: Instruction[] = [
    { code: LDX_W, dst: TYPE, src: 1, off: 0 },
    { code: MOV_REG, dst: ACCESS_REGISTER, src: TYPE },
    { code: RSH_IMM, dst: ACCESS_REGISTER, imm: 16 },
    { code: AND_IMM, dst: TYPE, imm: 0xffff },
    { code: LDX_W, dst: MAJOR, src: 1, off: 4 },
    { code: LDX_W, dst: MINOR, src: 1, off: 8 },
    ...policy.exceptions.flatMap((exception) => test(exception, policy.allow)),
    { code: MOV_IMM, dst: 0, imm: policy.allow ? 1 : 0 },
    { code: EXIT, dst: 0 },
  ];
  return encode(program);
}

// One exception: any mismatch jumps over the rest of the block.
function test(exception: DeviceException, allowByDefault: boolean): Instruction[] {
  const checks: Instruction[] = [{ code: JNE_IMM, dst: TYPE, imm: BPF_DEVCG_DEV[exception.type] }];
  if (exception.access !== 7) {
    checks.push({ code: MOV_REG, dst: SCRATCH, src: ACCESS_REGISTER });
    if (allowByDefault) {
      // A denied bit is asked for.
      checks.push({ code: AND_IMM, dst: SCRATCH, imm: exception.access }, { code: JEQ_IMM, dst: SCRATCH, imm: 0 });
    } else {
      // Nothing but allowed bits is asked for.
      checks.push({ code: AND_IMM, dst: SCRATCH, imm: ~exception.access & 7 }, { code: JNE_IMM, dst: SCRATCH, imm: 0 });
    }
  }
  if (exception.major >= 0) checks.push({ code: JNE_IMM, dst: MAJOR, imm: exception.major });
  if (exception.minor >= 0) checks.push({ code: JNE_IMM, dst: MINOR, imm: exception.minor });
  const block: Instruction[] = [...checks, { code: MOV_IMM, dst: 0, imm: allowByDefault ? 0 : 1 }, { code: EXIT, dst: 0 }];
  return block.map((instruction, index) =>
    instruction.code === JNE_IMM || instruction.code === JEQ_IMM ? { ...instruction, off: block.length - index - 1 } : instruction,
  );
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, dst, src = 0, off = 0, imm = 0 }, index) => {
    view.setUint8(index * 8, code);
    view.setUint8(index * 8 + 1, (src << 4) | dst);
    view.setInt16(index * 8 + 2, off, true);
    view.setInt32(index * 8 + 4, imm | 0, true);
  });
  return bytes;
}
