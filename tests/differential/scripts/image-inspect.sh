# image inspect and history of the base image.
. "$PRELUDE"

for field in Id RepoTags RepoDigests Parent Comment Created Author Config.Cmd Config.Entrypoint Config.Env Config.WorkingDir Config.Labels Config.User Architecture Os Variant RootFS.Type RootFS.Layers Metadata.LastTagTime GraphDriver.Name; do
  printf '%s ' $field
  docker image inspect -f "{{json .$field}}" $IMAGE 2>&1
done
docker image inspect $IMAGE | grep -o '^ *"[A-Za-z]*":' | sort | uniq -c | sed 's/^ *//; s/  */ /g'
try docker image inspect missing
try docker image inspect -f '{{.Os}}' $IMAGE missing
id=$(docker images -q $IMAGE)
try docker image inspect -f '{{.Os}}/{{.Architecture}}' $id
try docker image inspect -f '{{.Size}}' $IMAGE
try docker history --format '{{.ID}} {{.CreatedBy}} {{.Size}} {{.Comment}}' $IMAGE
try docker history --no-trunc --format '{{.ID}} {{.CreatedAt}}' $IMAGE
docker history $IMAGE | sed 's/[0-9]* \(weeks\|months\|days\|years\) ago/<ago>/'
try docker history -q $IMAGE
try docker history missing
