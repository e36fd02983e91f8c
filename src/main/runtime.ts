import { readHostFacts } from '#kernel/facts.ts';
import { nativeFile } from '#kernel/native.ts';
import { createPrograms } from '#kernel/programs.ts';
import { runRuntime } from '#runtime/verbs/main.ts';

/** Composition of `berth runtime`: the OCI runtime's verbs on the real host. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let facts: ReturnType<typeof readHostFacts> | undefined;
  return runRuntime(argv, {
    programs: createPrograms(),
    shimPath: nativeFile('berth-shim'),
    facts: () => (facts ??= readHostFacts()),
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
  });
}

// Not process.exit: what was written to a pipe must arrive.
if (import.meta.main) void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
