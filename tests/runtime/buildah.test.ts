import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { normalised, type Peer, startPeer } from './peers.ts';

// Every script is run by buildah (isolation oci) with our runtime and by buildah with runc, and must print the same.
let berth: Peer;
let runc: Peer;

before(async () => {
  berth = await startPeer('berth');
  runc = await startPeer('runc');
});
after(async () => {
  await berth?.[Symbol.asyncDispose]();
  await runc?.[Symbol.asyncDispose]();
});

const PRELUDE = 't() { "$@" </dev/null; echo "= $?"; }\n';

async function same(script: string): Promise<string> {
  const [ours, reference] = [await berth.script(PRELUDE + script), await runc.script(PRELUDE + script)].map((text, at) => normalised(text, at === 0 ? berth : runc));
  assert.equal(ours, reference);
  return ours ?? '';
}

test('buildah from, run, copy, config, commit, and the image has it all', async () => {
  const output = await same(`
c=$(buildah from localhost/box)
t buildah run $c sh -c 'echo hi; id -u; pwd; touch /made; exit 7'
t buildah run --user user --workingdir /tmp --env A=b --cap-drop all $c sh -c 'id; pwd; echo $A; grep CapEff /proc/self/status'
t buildah run $c sh -c 'ls /dev; mount | wc -l'
t buildah run -t $c sh -c 'tty; exit 3'
t buildah run $c nosuch
t buildah run $c /etc/passwd
echo in | buildah run $c cat
echo copied > file
t buildah copy -q $c file /file
t buildah run $c cat /file
t buildah config --cmd 'cat /file' $c
buildah commit -q $c mine >/dev/null; echo "= $?"
buildah rm $c >/dev/null
t buildah run $(buildah from localhost/mine) cat /file /made`);
  assert.match(output, /hi\n0\n\/\n[^=]*= 7\n/);
  assert.match(output, /copied\n= 0\n$/);
});

test('buildah bud with RUN steps', async () => {
  for (const peer of [berth, runc]) {
    mkdirSync(join(peer.scratch, 'context'));
    writeFileSync(join(peer.scratch, 'context/Dockerfile'), `FROM localhost/box
ARG X=1
RUN echo one $X > /one && cat /one
RUN --mount=type=tmpfs,dst=/t touch /t/x && ls /t
USER user
RUN id
`);
    writeFileSync(join(peer.scratch, 'context/Failing'), 'FROM localhost/box\nRUN exit 9\n');
  }
  const output = await same(`
t buildah bud --layers=false --memory 64m --ulimit nofile=100:100 -t built context | grep -vE '^(ID|COMMIT|Getting|Copying|Writing|Storing|-->)'
t buildah run $(buildah from localhost/built) cat /one
t buildah bud -f context/Failing context`);
  assert.match(output, /one 1\n/);
  assert.match(output, /exit status 9/);
});
