# import of a root tar, from a file and stdin, with --change and --message.
. "$PRELUDE"

mkdir -p root/bin root/etc
cp "$(command -v busybox || echo "$(dirname "$(command -v docker)")/../../bin/busybox")" root/bin/busybox
for applet in sh echo cat ls id stat; do ln -s busybox root/bin/$applet; done
echo 'app:x:7:8::/home:/bin/sh' > root/etc/passwd
ln root/etc/passwd root/etc/hardlink
ln -s /etc/passwd root/etc/symlink
chmod 4711 root/bin/busybox
tar -C root -cf root.tar .
docker import root.tar imported | cut -c1-7
docker run --rm imported /bin/sh -c 'ls -l /etc | cut -c1-10,57-; stat -c "%a %h" /bin/busybox /etc/passwd'
docker image inspect -f '{{json .Config.Cmd}} {{.Comment}} {{.Architecture}} {{.Os}} {{json .RepoTags}} {{len .RootFS.Layers}}' imported
docker import -c 'CMD ["echo", "by default"]' -c 'ENV A=1' -c 'USER app' -c 'WORKDIR /etc' -c 'LABEL l=v' -c 'EXPOSE 80' -c 'ENTRYPOINT ["/bin/sh","-c"]' -m 'a message' - imported:changed < root.tar | cut -c1-7
docker image inspect -f '{{json .Config.Cmd}} {{json .Config.Env}} {{.Config.User}} {{.Config.WorkingDir}} {{json .Config.Labels}} {{json .Config.ExposedPorts}} {{json .Config.Entrypoint}} {{.Comment}}' imported:changed
docker run --rm imported:changed 'id -u; echo $A; ls passwd'
docker history --format '{{.Comment}} {{.CreatedBy}}' imported:changed
gzip -k root.tar
docker import root.tar.gz | cut -c1-7
try docker import missing.tar x
try docker import -c 'NONSENSE x' root.tar x
try docker import -c 'RUN x' root.tar x
try docker import root.tar 'Bad Name'
docker images --format '{{.Repository}}:{{.Tag}}' | sort
try docker run --rm imported
