# images, tag, rmi, filters and formats.
. "$PRELUDE"

try docker images --format '{{.Repository}} {{.Tag}}'
docker images | head -n 1
try docker images $IMAGE --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}} {{.Digest}}'
docker images -q --no-trunc
try docker tag $IMAGE one
try docker tag $IMAGE two:v1
try docker tag $IMAGE registry.test:5000/a/b:v2
try docker tag missing x
try docker tag $IMAGE 'Bad Name'
try docker tag $IMAGE UPPER
try docker tag $IMAGE a:b:c
docker images --format '{{.Repository}}:{{.Tag}}' | sort
try docker images one
try docker images 'registry.test:5000/*/*' --format '{{.Repository}}'
try docker images --filter reference='two:*' --format '{{.Repository}}'
try docker images '[o-p]n?' --format '{{.Repository}}'
try docker images 'on[' --format '{{.Repository}}'
try docker images --filter dangling=true
try docker images --filter before=missing
try docker images --filter nonsense=1
try docker images --filter label=nothing
docker images --format json one | tr , '\n' | grep -E 'Repository|Tag|"ID"' | sort
try docker rmi two:v1
try docker rmi two:v1
try docker rmi one registry.test:5000/a/b:v2
docker images --format '{{.Repository}}:{{.Tag}}'
try docker run --rm --pull never two:v1
try docker image inspect -f '{{.RepoTags}}' $IMAGE
