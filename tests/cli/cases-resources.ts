import { type Case, list } from './case.ts';

/** Statistics and changes of limits. */
export const resourceCases: readonly Case[] = [
  ...['stats', 'update', 'container stats', 'container update'].map((name): Case => ({ argv: [...name.split(' '), '--help'] })),
  ...list(`
    update
    update web
    update --foo web
    update --memory zz web
    update -m -1 web
    update --cpus abc web
    update --blkio-weight 70000 web
    update --pids-limit x web
    update --restart :3 web
    update --restart on-failure:x web
    update -m 64m --memory-swap -1 --memory-reservation 32m web two
    update --cpus 1.5 --cpuset-cpus 0-1 --cpuset-mems 0 --cpu-shares 512 web
    update --cpu-period 1000 --cpu-quota 2000 --cpu-rt-period 3 --cpu-rt-runtime 4 web
    update --pids-limit -1 --restart on-failure:3 --blkio-weight 300 web
    update --pids-limit 0 web
    update --kernel-memory 64m web
    update --restart always nope web
    update -c 2 warned nope nope web
    container update -c 2 web
    stats --foo
    stats --no-stream web two
    stats --no-stream --no-trunc web
    stats --no-stream web web
    stats --no-stream nope
    stats --no-stream web nope nope2
    stats --no-stream --format json web
    stats --no-stream --format {{.Name}}_{{.CPUPerc}}_{{.MemUsage}}_{{.MemPerc}}_{{.NetIO}}_{{.BlockIO}}_{{.PIDs}}_{{.ID}}_{{.Container}} web two idle
    stats --no-stream --format table_{{.Name}}\\t{{.MemUsage}}\\t{{.Container}}\\t{{.ID}} web two
    stats --no-stream --format table web
    stats --no-stream --format {{json_.}} web
    stats --no-stream --format {{.Bogus}} web
    stats --no-stream --format {{ web
    stats --no-stream --format {{upper_.Name}} web
    container stats --no-stream web
  `),
];
