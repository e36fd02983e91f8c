import { readHostFacts } from '#kernel/facts.ts';
import { nativeFile } from '#kernel/native.ts';
import { createPrograms } from '#kernel/programs.ts';
import { runRuntime } from '#runtime/verbs/main.ts';

/** `berth runtime` on a hybrid host as if it had cgroup v2 alone (without controllers, which v1 holds). */
const facts = readHostFacts();
const { cgroup } = facts;
const root = cgroup.version === 2 ? cgroup.root : cgroup.unified;
process.exitCode = await runRuntime(process.argv.slice(2), {
  programs: createPrograms(),
  shimPath: nativeFile('berth-shim'),
  facts: () => (cgroup.version === 2 ? facts : { ...facts, cgroup: { version: 2, root, controllers: [] } }),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
});
