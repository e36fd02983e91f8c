import type { CliPorts } from '#cli/cli.ts';
import { main } from '#cli/main.ts';
import { Client } from '#client/client.ts';

/** The entry of `berth`: the client, and the roots of its other processes, loaded only when asked for. */

const ports: CliPorts = {
  connect: (address, options) => new Client(address, {
    ...options,
    ...(process.env['BERTH_NO_AUTOSTART'] !== '1' && process.getuid?.() === 0 && {
      autostart: async (socketPath: string) => (await import('./autostart.ts')).startDaemon(socketPath),
    }),
  }),
  daemon: async (argv) => (await import('./daemon.ts')).main(argv),
  runtime: async (argv) => (await import('./runtime.ts')).main(argv),
};

void main(process.argv.slice(2), ports, process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`berth: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
