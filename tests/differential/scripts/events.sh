# Events of a container's life, filters and formats.
. "$PRELUDE"

docker run -d --name eventful --label ev=1 $IMAGE sh -c 'sleep 0.2; exit 3' > /dev/null
docker wait eventful > /dev/null
docker start eventful > /dev/null
docker kill eventful > /dev/null
docker rename eventful eventful2
docker rm eventful2 > /dev/null
events() { events_so_far "$@"; }
events --filter label=ev=1 --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.image}} {{.Actor.Attributes.ev}} {{.Actor.Attributes.exitCode}} {{.Actor.Attributes.signal}}{{.Actor.Attributes.oldName}}'
events --filter container=eventful --filter event=die --format '{{.Action}} {{.Actor.Attributes.exitCode}}'
events --filter type=image --filter event=pull
events --filter label=ev=1 --filter event=start | sed 's/execDuration=[0-9]*/execDuration=N/'
events --filter label=ev=1 --filter event=create --format '{{json .}}' | tr , '\n' | sed 's/"time\(Nano\)*":[0-9]*/"time\1":N/'
events --filter label=ev=1 --filter event=nonsense
try docker events --since nonsense --until 0s
