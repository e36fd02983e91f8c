import type { Cli } from './cli.ts';
import type { Sink } from './output.ts';
import { showProgress } from './progress.ts';
import { parseReference } from './reference.ts';

/** POST /images/create for a missing image, with its progress on `to`. Throws "Error response from daemon: …". */
export async function pullImage(cli: Cli, image: string, options: { platform: string; quiet: boolean; to: Sink }): Promise<void> {
  const reference = parseReference(image);
  const api = await cli.api();
  const response = await api.call('ImageCreate', {
    query: { fromImage: reference.name, tag: reference.digest || reference.tag, platform: options.platform || undefined },
    headers: registryAuth(cli, reference.name),
  });
  await showProgress(response, options.quiet ? undefined : options.to);
}

function registryAuth(cli: Cli, name: string): Record<string, string> {
  const domain = name.slice(0, name.indexOf('/'));
  const entry = cli.config.auths[domain === 'docker.io' ? 'https://index.docker.io/v1/' : domain];
  const [username = '', ...password] = Buffer.from(entry?.auth ?? '', 'base64').toString().split(':');
  const auth = entry === undefined ? {} : { username, password: password.join(':'), identitytoken: entry.identitytoken, serveraddress: domain };
  return { 'X-Registry-Auth': Buffer.from(JSON.stringify(auth)).toString('base64url') };
}
