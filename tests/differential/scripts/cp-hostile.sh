# Archives whose entries point out of the directory into which they are unpacked.
. "$PRELUDE"

docker create --name box $IMAGE true > /dev/null
mkdir -p a b/link b/rel b/up d dest
echo payload > a/file; echo over > b/link/canary; echo over > b/rel/canary; echo over > b/up/canary
ln -s /etc d/link; ln -s sub d/rel; ln -s ../.. d/up
put() { echo "-- $1"; api PUT "/containers/box/archive?path=/var/log" "@$1.tar" application/x-tar; }
tar -C a -cPf dotdot.tar --transform 's,^file,../escape,' file
tar -C a -cPf deepdot.tar --transform 's,^file,x/../../escape,' file
tar -C a -cPf inside.tar --transform 's,^file,x/../inside,' file
tar -C a -cPf absolute.tar --transform 's,^file,/absolute,' file
tar -C d -cf through.tar link; tar -C b -rf through.tar link/canary
tar -C d -cf relative.tar rel; tar -C b -rf relative.tar rel/canary
tar -C d -cf upwards.tar up; tar -C b -rf upwards.tar up/canary
ln a/file a/hard
tar -C a -cPf hardup.tar --transform 's,^file,../../etc/passwd,R' --transform 's,^hard,ok,' file hard 2> /dev/null
python3 - << 'P' 2> /dev/null || echo no python
import tarfile, io
def make(name, *entries):
    with tarfile.open(name + '.tar', 'w') as t:
        for kind, path, target in entries:
            e = tarfile.TarInfo(path); e.type = kind; e.linkname = target; e.mode = 0o644
            t.addfile(e, io.BytesIO(b'') )
make('hardout', (tarfile.LNKTYPE, 'out', '../../etc/passwd'))
make('hardabs', (tarfile.LNKTYPE, 'out', '/etc/passwd'))
make('hardnone', (tarfile.LNKTYPE, 'out', 'nothing'))
make('symout', (tarfile.SYMTYPE, 'out', '../../etc/passwd'))
make('symabs', (tarfile.SYMTYPE, 'outabs', '/etc/passwd'))
make('devices', (tarfile.CHRTYPE, 'null', ''), (tarfile.BLKTYPE, 'disk', ''), (tarfile.FIFOTYPE, 'pipe', ''))
make('long', (tarfile.REGTYPE, 'n' * 300, ''))
make('underfile', (tarfile.REGTYPE, 'f', ''), (tarfile.REGTYPE, 'f/x', ''))
make('root', (tarfile.DIRTYPE, './', ''))
make('rootfile', (tarfile.REGTYPE, '.', ''))
make('whiteout', (tarfile.REGTYPE, '.wh.f', ''))
P
for name in dotdot deepdot inside absolute through relative upwards hardup hardout hardabs hardnone symout symabs devices long underfile root rootfile whiteout; do put $name; done
docker cp box:/var/log - | tar --numeric-owner -tvf - | sed -E 's/[0-9-]{10} [0-9:]{5}//'
docker diff box | sort
docker rm box > /dev/null
