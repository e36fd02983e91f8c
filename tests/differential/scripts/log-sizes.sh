# Values of max-size and compress.
. "$PRELUDE"

for size in 1k 1kb 1KiB 1.5m 5b 1g '1 k' ' 1k' '' -1 0 0.5 k 1x 1kx 1bb 1kibb 1e3 +1 .5k 1. 0x10; do
  try docker run --rm --log-opt "max-size=$size" $IMAGE true
done
for options in 'compress=true' 'compress=true max-file=2' 'compress=true max-size=1k' 'compress=true max-size=1k max-file=1' 'compress=false' 'compress=nonsense' 'compress=1 max-size=1k max-file=2' 'compress=T max-size=1k max-file=2' 'compress=yes max-size=1k max-file=2' 'compress= max-size=1k max-file=2' 'compress=nonsense max-size=x' 'max-file=x max-size=x' 'max-file=0 max-size=0' 'max-file=0 compress=x'; do
  set --
  for option in $options; do set -- "$@" --log-opt $option; done
  try docker run --rm "$@" $IMAGE true
done
