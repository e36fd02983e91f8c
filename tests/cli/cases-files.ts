import { type Case, list } from './case.ts';

/** The command lines of cp, commit, diff and export. */
export const fileCases: readonly Case[] = [
  ...list(`
    cp
    cp a
    cp a b
    cp a b c
    cp - -
    cp web:/a two:/b
    cp web:/file -
    cp -L web:/link -
    cp nope:/file -
    cp web:/file /nonexistent/x
    cp web:/file /dev/null
    cp web:/dir /etc/passwd
    cp web:/file /tmp/berth-cp-missing/
    cp /nonexistent web:/x
    cp /etc/passwd web:/null
    cp ./a:b ./c:d
    cp - web:/file
    diff
    diff web
    diff two
    diff nope
    diff web two
    export
    export web
    export nope
    export -o /nonexistent/x web
    commit
    commit web
    commit web a/b:c
    commit -m msg -a me -p=false web x
    commit --pause web localhost:5000/x
    commit web UPPER
    commit web x@sha256:0000000000000000000000000000000000000000000000000000000000000000
    commit web a b c
    commit nope
  `),
  { argv: ['commit', '-c', 'CMD ["x", "y"]', '-c', 'ENV a=b', 'web', 'x'] },
  { argv: ['cp', '-', 'web:/dir'], stdin: 'TAR' },
  { argv: ['cp', '-a', '-', 'web:/tolink'], stdin: 'TAR' },
];
