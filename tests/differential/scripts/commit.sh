# docker commit: names, messages, changes, configuration, history, running and paused containers, events.
. "$PRELUDE"

begin=$(date +%s.%N)
docker run --name box -e A=1 -l l=1 -w /tmp -u 33 --entrypoint sh -p 80 -v /vol --stop-signal SIGINT --hostname h $IMAGE -c 'echo hello > /tmp/f; mkdir /tmp/d; ln /tmp/f /tmp/z; exit 3'
try docker commit box one
try docker commit -a 'Some One <a@b>' -m 'a message' box one:two
try docker commit box
docker image inspect -f '{{json .Config}} {{.Author}} {{.Comment}} {{.Architecture}} {{.Os}} {{len .RootFS.Layers}} {{json .RepoTags}} {{.Parent}}' one one:two
docker image inspect -f '{{.Created}}' one
docker history --no-trunc --format '{{.CreatedBy}} | {{.Size}} | {{.Comment}}' one:two
docker run --rm --entrypoint cat one /tmp/f
docker run --rm one; echo "[$?]"
try docker commit -c 'CMD ["echo","x"]' -c 'ENTRYPOINT ["/bin/sh","-c"]' -c 'ENV A=2 B=3' -c 'EXPOSE 90/udp' -c 'LABEL m=2' -c 'ONBUILD RUN x' -c 'USER 0' -c 'VOLUME /v2' -c 'WORKDIR sub' -c 'HEALTHCHECK --interval=5s CMD true' -c 'STOPSIGNAL SIGTERM' box all
docker image inspect -f '{{json .Config}}' all
try docker commit -c 'SHELL ["/bin/ash","-c"]' box shell
try docker commit -c 'RUN x' box bad
try docker commit -c 'FROM x' box bad
try docker commit -c 'NONSENSE' box bad
try docker commit -c 'CMD echo hi' box cmd
docker image inspect -f '{{json .Config.Cmd}} {{json .Config.Entrypoint}}' cmd
try docker commit -c 'ENTRYPOINT ["sh"]' box entry
docker image inspect -f '{{json .Config.Cmd}} {{json .Config.Entrypoint}}' entry
try docker commit box 'Bad Name'
try docker commit box UPPER
try docker commit box one@sha256:0000000000000000000000000000000000000000000000000000000000000000
try docker commit nothere x
try docker commit
docker run -d --name rung $IMAGE sh -c 'echo running > /f; sleep 60' > /dev/null
await docker exec rung cat /f
try docker commit rung running
try docker commit -p=false rung running2
docker inspect -f '{{.State.Status}}' rung
docker run --rm running cat /f
docker pause rung > /dev/null
try docker commit rung paused
docker inspect -f '{{.State.Status}}' rung
docker unpause rung > /dev/null
docker create --name empty $IMAGE true > /dev/null
try docker commit empty empty:1
docker image inspect -f '{{len .RootFS.Layers}} {{.Size}}' empty:1
api POST '/commit?container=nothere' '{}'
api POST '/commit' '{}'
api POST '/commit?container=box&repo=x&tag=y&comment=m&author=a&changes=CMD%20true&pause=0' '{"Env":["Z=1"],"Labels":{"q":"1"},"ExposedPorts":{"7/tcp":{}},"Cmd":["z"],"User":"5"}'
docker image inspect -f '{{json .Config}} {{.Author}} {{.Comment}}' x:y
api POST '/commit?container=box&repo=x&tag=BAD!' '{}'
api POST '/commit?container=box&repo=x' 'garbage'
docker images --format '{{.Repository}}:{{.Tag}}' | sort
docker save one -o one.tar
docker rmi -f one > /dev/null
docker load -q -i one.tar
docker run --rm --entrypoint ls one /tmp
docker rm -f rung box empty > /dev/null
docker events --since "$begin" --until "$(date +%s.%N)" --filter event=commit --filter event=create --filter event=tag --filter event=pause --filter type=image --filter type=container --format '{{.Type}} {{.Action}} {{json .Actor.Attributes}}' | grep -v 'container create' | sed 's/sha256:[0-9a-f]*/<image>/g' | sort | uniq -c
