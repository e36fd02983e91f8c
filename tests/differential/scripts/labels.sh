# --label, --label-file, image labels, and filters by label.
. "$PRELUDE"

printf 'one=1\n# comment\nempty=\nbare\n' > labels
docker create --name c1 --label a=b --label c --label-file labels $IMAGE > /dev/null
try docker inspect -f '{{json .Config.Labels}}' c1
docker create --name c2 --label a=other $IMAGE > /dev/null
for filter in label=a label=a=b label=c label=missing label=one=1; do
  try docker ps -a --filter $filter --format '{{.Names}}'
done
try docker ps -a --filter label=a --filter label=c --format '{{.Names}} {{.Label "a"}}'
docker ps -a --filter name=c1 --format '{{.Labels}}' | tr , '\n' | sort
try docker create --label-file missing $IMAGE
docker inspect -f '{{json .Config.Labels}}' c2
