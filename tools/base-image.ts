/**
 * base-image.ts BUSYBOX COPYRIGHT APPLETS OUT: writes a docker-save archive with the image berth/base:latest.
 * The same package gives the same bytes: times are those of the program's file, the order is by name.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly data?: Uint8Array;
  readonly link?: string;
}

const REFERENCE = 'berth/base:latest';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function directory(name: string, mode = 0o755): Entry {
  return { name, mode, type: 'directory' };
}

function file(name: string, data: string | Uint8Array, mode = 0o644): Entry {
  return { name, mode, type: 'file', data: typeof data === 'string' ? Buffer.from(data) : data };
}

/** One entry as ustar (POSIX.1-1988): header block, data, padding. Names here are shorter than 100 bytes. */
function tarEntry(entry: Entry, mtime: number): Buffer {
  const data = entry.data ?? new Uint8Array(0);
  const header = Buffer.alloc(512);
  const octal = (value: number, offset: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
  };
  const name = entry.type === 'directory' ? `${entry.name}/` : entry.name;
  if (name.length > 100 || (entry.link ?? '').length > 100) throw new Error(`name too long for ustar: ${name}`);
  header.write(name, 0, 'latin1');
  octal(entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(data.length, 124, 12);
  octal(mtime, 136, 12);
  header.write('        ', 148, 'latin1'); // the checksum is computed with spaces in its own field
  header.write({ file: '0', symlink: '2', directory: '5' }[entry.type], 156, 'latin1');
  header.write(entry.link ?? '', 157, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

function tar(entries: readonly Entry[], mtime: number): Buffer {
  return Buffer.concat([...entries.map((entry) => tarEntry(entry, mtime)), Buffer.alloc(1024)]);
}

/** Links for every applet at the place that busybox itself names, all pointing at /bin/busybox. */
function appletLinks(list: string): Entry[] {
  const names = list.split('\n').filter((line) => /^[a-z]+(\/[a-z]+)*\/[^/\s]+$/.test(line) && line !== 'bin/busybox');
  return names.map((name) => ({ name, mode: 0o777, type: 'symlink', link: posix.relative(posix.dirname(name), 'bin/busybox') }));
}

function rootEntries(busybox: Uint8Array, copyright: Uint8Array, applets: string): Entry[] {
  const directories = ['bin', 'dev', 'etc', 'home', 'proc', 'run', 'sbin', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'usr/share'];
  directories.push('usr/share/doc', 'usr/share/doc/busybox-static', 'var', 'var/log', 'var/spool');
  const entries = [
    ...directories.map((name) => directory(name)),
    directory('root', 0o700),
    directory('tmp', 0o1777),
    directory('var/tmp', 0o1777),
    file('bin/busybox', busybox, 0o755),
    ...appletLinks(applets),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n'),
    file('etc/group', 'root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n'),
    file('etc/shadow', 'root:*:::::::\ndaemon:*:::::::\nwww-data:*:::::::\nnobody:*:::::::\n', 0o640),
    file('usr/share/doc/busybox-static/copyright', copyright),
  ];
  // A parent sorts before what it holds, because '/' is added to directories only when they are written.
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function main(argv: readonly string[]): void {
  const [busyboxPath, copyrightPath, appletsPath, out] = argv;
  if (busyboxPath === undefined || copyrightPath === undefined || appletsPath === undefined || out === undefined) throw new Error('base-image.ts BUSYBOX COPYRIGHT APPLETS OUT');
  const mtime = Math.floor(statSync(busyboxPath).mtimeMs / 1000);
  const layer = tar(rootEntries(readFileSync(busyboxPath), readFileSync(copyrightPath), readFileSync(appletsPath, 'utf8')), mtime);
  const created = new Date(mtime * 1000).toISOString().replace('.000Z', 'Z');
  const layerDigest = sha256(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      config: { Env: [PATH], Cmd: ['sh'] },
      created,
      history: [{ created, created_by: 'busybox-static' }],
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [REFERENCE], Layers: [`${layerDigest}/layer.tar`] }]);
  const archive = tar([file(configName, config), directory(layerDigest), file(`${layerDigest}/layer.tar`, layer), file('manifest.json', manifest)], mtime);
  writeFileSync(`${out}.new`, archive);
  renameSync(`${out}.new`, out);
}

main(process.argv.slice(2));
