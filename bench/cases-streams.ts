import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../tests/support/command.ts';
import { Api } from './api.ts';
import { removeAll, timed } from './case.ts';
import type { Case, Scale } from './case.ts';
import type { Arena, Contender } from './engines.ts';

/** A file of equal lines. The container prints it with `cat`, so that what is measured is the engine and not a generator of lines. */
interface Lines {
  readonly title: string;
  readonly file: string;
  readonly bytes: number;
  /** Name of the container whose log holds them. */
  readonly container: string;
}

function makeLines(arena: Arena, length: number, megabytes: number): Lines {
  const file = join(arena.disk, `lines-${length}`);
  const count = Math.floor((megabytes * 1e6) / length);
  return { title: `${megabytes} MB of ${length}-byte lines`, file, bytes: count * length, container: `log${length}` };
}

function writeLines(lines: Lines, length: number): void {
  writeFileSync(lines.file, Buffer.alloc(lines.bytes, `${'x'.repeat(length - 1)}\n`));
}

/** MB/s of `work`, which reports how many bytes it moved: all of them, with or without the heads of frames. */
async function rate(bytes: number, work: () => Promise<number>): Promise<number> {
  let moved = 0;
  const milliseconds = await timed(1, async () => (moved = await work()));
  if (moved < bytes) throw new Error(`${moved} bytes came instead of ${bytes}`);
  return bytes / 1e3 / milliseconds;
}

/** Runs the docker client in a pipeline that ends with `wc -c`, and gives what that counted. */
async function counted({ engine }: Contender, script: (docker: string) => string): Promise<number> {
  return Number(await must('sh', ['-c', `${script(engine.client)} | wc -c`], { env: engine.clientEnv(), timeoutMs: 600_000 }));
}

function printCase(lines: Lines): Case {
  return {
    name: `printing ${lines.title} into the log`,
    unit: 'MB/s',
    better: 'more',
    sample: async ({ engine }) => {
      await engine.docker(['rm', '-f', lines.container]);
      return rate(lines.bytes, async () => {
        await engine.mustDocker(['run', '-d', '--name', lines.container, '-v', `${lines.file}:/lines:ro`, 'berth/base', 'cat', '/lines']);
        await engine.mustDocker(['wait', lines.container], { timeoutMs: 600_000 });
        return lines.bytes;
      });
    },
  };
}

function logsCase(lines: Lines): Case {
  return {
    name: `\`docker logs\` into a pipe, ${lines.title}`,
    unit: 'MB/s',
    better: 'more',
    sample: (contender) => rate(lines.bytes, () => counted(contender, (docker) => `${docker} logs ${lines.container}`)),
  };
}

function logsApiCase(lines: Lines): Case {
  return {
    name: `API: logs of ${lines.title}, no client program`,
    unit: 'MB/s',
    better: 'more',
    sample: ({ engine }) => rate(lines.bytes, async () => {
      using api = new Api(engine.socket);
      return await api.count(`/containers/${lines.container}/logs?stdout=1&stderr=1`);
    }),
  };
}

function attachedCase(lines: Lines): Case {
  return {
    name: `\`docker run\` into a pipe, ${lines.title}`,
    unit: 'MB/s',
    better: 'more',
    sample: (contender) => rate(lines.bytes, () => counted(contender, (docker) => `${docker} run --rm -v ${lines.file}:/lines:ro berth/base cat /lines`)),
  };
}

function attachedApiCase(lines: Lines): Case {
  return {
    name: `API: attached to a container that prints ${lines.title}, no log, no client program`,
    unit: 'MB/s',
    better: 'more',
    async sample({ engine }) {
      using api = new Api(engine.socket);
      const id = await api.create({ Cmd: ['cat', '/lines'], AttachStdout: true, HostConfig: { Binds: [`${lines.file}:/lines:ro`], LogConfig: { Type: 'none' } } });
      const begin = (): Promise<unknown> => api.call('POST', `/containers/${id}/start`);
      const perSecond = await rate(lines.bytes, () => api.hijack(`/containers/${id}/attach?stream=1&stdout=1`, {}, begin));
      await api.call('DELETE', `/containers/${id}?force=1`);
      return perSecond;
    },
  };
}

function inputCase(megabytes: number): Case {
  const bytes = megabytes * 1e6;
  return {
    name: `\`docker run -i … cat\` in a pipeline, ${megabytes} MB of bytes through both ways`,
    unit: 'MB/s',
    better: 'more',
    sample: (contender) => rate(bytes, () => counted(contender, (docker) => `head -c ${bytes} /dev/zero | ${docker} run --rm -i --log-driver none berth/base cat`)),
    cleanUp: removeAll,
  };
}

/** Rows about the bytes that containers print and read. Those that read a log come after the one that fills it. */
export function streamCases(scale: Scale, arena: Arena): Case[] {
  const long = makeLines(arena, 80, scale.lines);
  const short = makeLines(arena, 2, scale.shortLines);
  const first = printCase(long);
  const firstShort = printCase(short);
  return [
    { ...first, prepare: async () => writeLines(long, 80) },
    logsCase(long),
    logsApiCase(long),
    attachedCase(long),
    attachedApiCase(long),
    { ...firstShort, prepare: async () => writeLines(short, 2) },
    logsCase(short),
    attachedCase(short),
    inputCase(scale.input),
  ];
}
