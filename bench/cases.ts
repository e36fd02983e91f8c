import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, projectRoot } from '../tests/support/berth.ts';
import { must } from '../tests/support/command.ts';
import { processesOf } from '../tests/support/leaks.ts';
import { Api } from './api.ts';
import { makeBigImage } from './big-image.ts';
import { removeAll, timed } from './case.ts';
import type { Case, Scale } from './case.ts';
import { streamCases } from './cases-streams.ts';
import type { Arena } from './engines.ts';

/** create + start + wait + remove of `true` over one keep-alive connection. */
async function lifecycle(api: Api, networkMode: string): Promise<void> {
  const id = await api.create({ Cmd: ['true'], HostConfig: { NetworkMode: networkMode } });
  await api.call('POST', `/containers/${id}/start`);
  await api.call('POST', `/containers/${id}/wait`);
  await api.call('DELETE', `/containers/${id}`);
}

function lifecycleCase(networkMode: string, scale: Scale): Case {
  return {
    name: `API: create, start, wait, remove \`true\`, network ${networkMode}`,
    unit: 'ms',
    better: 'less',
    async sample({ engine }) {
      using api = new Api(engine.socket);
      return await timed(scale.starts, () => lifecycle(api, networkMode));
    },
  };
}

function clientCases(scale: Scale): Case[] {
  const args = ['run', '--rm', 'berth/base', 'true'];
  return [
    {
      name: '`docker run --rm IMAGE true`, docker client for both',
      unit: 'ms',
      better: 'less',
      sample: ({ engine }) => timed(scale.starts, () => engine.mustDocker(args)),
    },
    {
      name: 'the same, with `berth` as the client of Berth',
      unit: 'ms',
      better: 'less',
      sample({ engine, name }) {
        if (name !== 'Berth') return timed(scale.starts, () => engine.mustDocker(args));
        const env = { ...engine.clientEnv(), BERTH_NO_AUTOSTART: '1' };
        return timed(scale.starts, () => must(nodeProgram, [join(projectRoot, 'build/berth.cjs'), ...args], { env }));
      },
    },
  ];
}

function execCase(scale: Scale): Case {
  return {
    name: 'API: exec of `true` (create, start attached, end of stream, inspect)',
    unit: 'ms',
    better: 'less',
    async prepare({ engine }) {
      await engine.mustDocker(['run', '-d', '--name', 'exec', 'berth/base', 'sleep', '100000']);
    },
    async sample({ engine }) {
      using api = new Api(engine.socket);
      return await timed(scale.execs, async () => {
        const { Id } = (await api.call('POST', '/containers/exec/exec', { Cmd: ['true'], AttachStdout: true, AttachStderr: true })) as { Id: string };
        await api.hijack(`/exec/${Id}/start`, { Detach: false, Tty: false });
        await api.call('GET', `/exec/${Id}/json`);
      });
    },
    cleanUp: removeAll,
  };
}

function parallelCase(scale: Scale): Case {
  return {
    name: 'starts per second, 8 at a time (create and start of `sleep`, bridge)',
    unit: 'per s',
    better: 'more',
    async sample(contender) {
      using api = new Api(contender.engine.socket, 8);
      let left = scale.parallel;
      const start = performance.now();
      const worker = async (): Promise<void> => {
        while (left-- > 0) await api.call('POST', `/containers/${await api.create({ Cmd: ['sleep', '100000'] })}/start`);
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      const seconds = (performance.now() - start) / 1000;
      await removeAll(contender);
      return scale.parallel / seconds;
    },
  };
}

/** Proportional set size of processes, in MiB; ended ones count nothing. */
function pssOf(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // ended between listing and reading
    }
  }
  return kib / 1024;
}

function memoryCases(scale: Scale): Case[] {
  return [
    {
      name: 'memory (PSS) of the engine, idle, after the work above',
      unit: 'MiB',
      better: 'less',
      rounds: 1,
      sample: async (contender) => pssOf(processesOf(contender)),
    },
    {
      name: `memory (PSS) outside the container, per running container (${scale.idle} of them)`,
      unit: 'MiB',
      better: 'less',
      rounds: 1,
      async sample(contender) {
        using api = new Api(contender.engine.socket);
        const before = new Set(processesOf(contender));
        const inside = new Set<number>();
        for (let i = 0; i < scale.idle; i++) {
          const id = await api.create({ Cmd: ['sleep', '100000'] });
          await api.call('POST', `/containers/${id}/start`);
          inside.add(((await api.call('GET', `/containers/${id}/json`)) as { State: { Pid: number } }).State.Pid);
        }
        const helpers = processesOf(contender).filter((pid) => !inside.has(pid) && !before.has(pid));
        const perContainer = pssOf(helpers) / scale.idle;
        await removeAll(contender);
        return perContainer;
      },
    },
  ];
}

function listCase(scale: Scale): Case {
  return {
    name: `API: list of ${scale.listed} containers`,
    unit: 'ms',
    better: 'less',
    async prepare({ engine }) {
      using api = new Api(engine.socket, 4);
      let left = scale.listed;
      const worker = async (): Promise<void> => {
        while (left-- > 0) await api.create({ Cmd: ['true'] });
      };
      await Promise.all(Array.from({ length: 4 }, worker));
    },
    async sample({ engine }) {
      using api = new Api(engine.socket);
      return await timed(15, () => api.call('GET', '/containers/json?all=1'));
    },
    async cleanUp({ engine }) {
      using api = new Api(engine.socket, 4);
      const list = (await api.call('GET', '/containers/json?all=1')) as { Id: string }[];
      await Promise.all(list.map(({ Id }) => api.call('DELETE', `/containers/${Id}?force=1`)));
    },
  };
}

function loadCase(scale: Scale, arena: Arena): Case {
  const archive = join(arena.disk, 'big.tar');
  return {
    name: `docker load of an image of ${scale.imageFiles} files, ${Math.round(scale.imageFiles / 100)} MB`,
    unit: 's',
    better: 'less',
    rounds: Math.min(3, scale.rounds),
    async prepare({ name }) {
      if (name === 'dockerd') await makeBigImage(archive, scale.imageFiles);
    },
    async sample({ engine }) {
      await must('sync', []);
      const start = performance.now();
      await engine.mustDocker(['load', '-i', archive], { timeoutMs: 600_000 });
      const seconds = (performance.now() - start) / 1000;
      await engine.mustDocker(['rmi', 'big']);
      return seconds;
    },
  };
}

/** All rows, in the order in which they are measured. */
export function allCases(scale: Scale, arena: Arena): Case[] {
  return [
    lifecycleCase('bridge', scale),
    lifecycleCase('none', scale),
    lifecycleCase('host', scale),
    ...clientCases(scale),
    execCase(scale),
    parallelCase(scale),
    ...memoryCases(scale),
    listCase(scale),
    loadCase(scale, arena),
    ...streamCases(scale, arena),
  ];
}
