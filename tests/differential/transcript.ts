import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../support/berth.ts';
import { run, waitFor } from '../support/command.ts';
import type { Engine } from '../support/engine.ts';
import { normalize } from './normalize.ts';

/** An engine ready for scripts: base image loaded. */
export interface Subject {
  readonly engine: Engine;
  /** Root of the unpacked reference programs: both engines are driven by the same docker client. */
  readonly programs: string;
  /** Ids of the base image and its layers, from {@link loadBase}. */
  readonly baseIds: readonly string[];
}

const BASE = 'berth/base';

/** Loads the base image; returns its id and those of its layers, without the algorithm. */
export async function loadBase(engine: Engine): Promise<string[]> {
  await engine.mustDocker(['load', '-i', `${projectRoot}/build/base-image.tar`]);
  const ids = await engine.mustDocker(['image', 'inspect', '-f', '{{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}', BASE]);
  return ids.replaceAll('sha256:', '').split(' ');
}

/** Names of all scripts, in order. */
export function scriptNames(): string[] {
  return globSync('scripts/*.sh', { cwd: import.meta.dirname }).map((path) => basename(path, '.sh')).sort();
}

/** Scripts that are known to differ, with the reason: the lines `name: reason` of known-differences.txt; # begins a comment. */
export function knownDifferences(): ReadonlyMap<string, string> {
  const lines = readFileSync(join(import.meta.dirname, 'known-differences.txt'), 'utf8').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => {
    const [, name, reason] = /^([\w-]+): (.+)$/.exec(line) ?? [];
    if (name === undefined || reason === undefined) throw new Error(`known-differences.txt: ${JSON.stringify(line)} is not "name: reason"`);
    return [name, reason];
  }));
}

/** Runs one script against one engine, inside its network namespace; returns the normalised transcript and cleans up. */
export async function transcript(subject: Subject, name: string): Promise<string> {
  const { engine, programs, baseIds } = subject;
  const scratch = dirname(engine.socket);
  const work = join(scratch, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const [enter, ...enterArgs] = engine.namespace.enter;
  const env = {
    ...engine.clientEnv(),
    PATH: `${programs}/usr/bin:${process.env['PATH'] ?? ''}`,
    PRELUDE: join(import.meta.dirname, 'prelude.sh'),
    LIB: import.meta.dirname,
    NODE: process.execPath,
    IMAGE: BASE,
    T: work,
  };
  const outcome = await run(enter, [...enterArgs, 'sh', join(import.meta.dirname, 'scripts', `${name}.sh`)], { env, cwd: work, timeoutMs: 45_000 });
  await cleanUp(engine);
  const text = `${outcome.stdout}${outcome.stderr === '' ? '' : `stderr of the script:\n${outcome.stderr}`}[script ${outcome.code}]\n`;
  const paths = [[work, '<work>'], [join(scratch, 'docker-data'), '<data>'], [join(scratch, 'berth-data'), '<data>'], [scratch, '<scratch>']] as const;
  return normalize(text, { paths, keep: baseIds });
}

/** Removes all containers and all images but the base image. */
async function cleanUp(engine: Engine): Promise<void> {
  // Removal of a `--rm` container goes on after its client has ended.
  await waitFor('the containers of a script to be gone', async () => {
    const containers = await engine.mustDocker(['ps', '-aq']);
    if (containers !== '') await engine.docker(['rm', '-f', ...containers.split('\n')]);
    return containers === '';
  });
  const images = (await engine.mustDocker(['images', '-a', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}'])).split('\n');
  for (const image of images) {
    const [reference = '', id = ''] = image.split(' ');
    if (image !== '' && reference !== `${BASE}:latest`) await engine.docker(['rmi', '-f', reference.includes('<none>') ? id : reference]);
  }
}
