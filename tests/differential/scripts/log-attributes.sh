# What json-file writes beside each line: labels, labels-regex, env, env-regex and tag, and what is refused.
. "$PRELUDE"

n=0
# details OPTION…: runs a container with these log options and shows what its line carries.
details() {
  n=$((n + 1))
  echo "$*"
  for option; do
    shift
    set -- "$@" --log-opt "$option"
  done
  docker run --name "c$n" --label a=1 --label b.c=2 --label empty= --label 'q="x,y"' -e E1=one -e E2=a=b -e EMPTY= -e 'ODD=x y&<z>' \
    "$@" $IMAGE echo line 2> err
  echo "[$?]"
  cat err
  full=$(docker inspect -f '{{.Id}}' "c$n")
  image=$(docker inspect -f '{{.Image}}' "c$n" | cut -d: -f2)
  docker logs --details "c$n" 2>&1 | sed "s/$full/FULL/g; s/$(echo "$full" | cut -c1-12)/SHORT/g; s/$image/IMAGE/g; s/$(echo "$image" | cut -c1-12)/SHORTIMAGE/g; s/$(echo "$image" | cut -c1-5)/FIVE/g"
}

details 'labels=a'
details 'labels=a,b.c,nosuch,empty'
details 'labels='
details 'labels-regex=^[ab]'
details 'labels=q' 'labels-regex=c$'
details 'env=E1,E2,EMPTY,ODD,NOSUCH'
details 'env-regex=^E[12]$'
details 'env=E1' 'labels=a' 'tag=t'
details "tag=!'()*~-_.é"
details 'env-regex=(?i)^e1$'
details 'env-regex=^E\d$'
details 'env-regex=[[:digit:]]'
details 'env-regex=\AE1\z'
details 'env-regex=['
details 'env-regex=('
details 'labels-regex=)'
details 'labels-regex=*'
details 'labels-regex=a**'
details 'labels-regex=(?=x)'
details 'labels-regex=z-a[z-a]'
details 'labels-regex=\y'
details 'labels-regex=a{1001}'
details 'tag={{.Name}}/{{.ID}}/{{.FullID}}'
details 'tag={{.ImageName}},{{.ImageID}},{{.ImageFullID}}'
details 'tag={{.Command}}'
details 'tag={{.ContainerName}}-{{.DaemonName}}'
details 'tag={{.ContainerID}}={{.ContainerImageID}}={{.ContainerImageName}}'
details 'tag={{.ContainerEntrypoint}}{{.ContainerArgs}}'
details 'tag={{.ContainerLabels}}'
details 'tag={{index .ContainerLabels "a"}}'
details 'tag={{upper .Name}}'
details 'tag={{.Config}}'
details 'tag={{json .ContainerArgs}}'
details 'tag={{range $i, $e := .ContainerEnv}}{{$i}}{{end}}'
details 'tag={{.ImageName|upper}}{{if .Name}}y{{end}}'
details 'tag={{.NoSuch}}'
details 'tag={{'
details 'tag={{.Name'
details 'tag={{nosuch}}'
details 'tag={{.constructor}}'
details 'tag='
details 'tag={{.ID.x}}'
details 'tag={{if false}}x{{end}}'
docker run -d --name c100 --hostname h --log-opt 'tag={{.Hostname}}' $IMAGE echo x > /dev/null
[ "$(docker wait c100)" = 0 ] && docker logs --details c100
try docker run --rm --log-opt tags=x $IMAGE true
try docker run --rm --log-opt label=x $IMAGE true
try docker run --rm --log-opt mode=nonsense $IMAGE true
try docker run --rm --log-opt mode=non-blocking --log-opt max-buffer-size=1m $IMAGE echo x
try docker run --rm --log-opt max-buffer-size=1m $IMAGE echo x
try docker run --rm --log-opt mode=non-blocking --log-opt max-buffer-size=x $IMAGE echo x
try docker run --rm --log-opt compress=true $IMAGE echo x
try docker run --rm --log-opt compress=maybe --log-opt max-size=1m --log-opt max-file=2 $IMAGE echo x
try docker run --rm --log-opt max-file=x $IMAGE echo x
