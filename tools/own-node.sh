# Sourced by ./berth and ./test when BERTH_NODE names a Node of the user's own: refuses what is older than 26.12.1,
# the first release with the fixes of October 2026 (docs/DEPENDENCIES.md).
own_version=$("$BERTH_NODE" --version 2>/dev/null) || own_version=unknown
case $own_version in
  v26.12.[1-9]* | v26.1[3-9].* | v26.[2-9][0-9].* | v2[7-9].* | v[3-9][0-9].*) ;;
  *)
    echo "berth: BERTH_NODE is $BERTH_NODE, version $own_version; Node 26.12.1 or newer is needed (or unset BERTH_NODE to use the pinned one)" >&2
    exit 1
    ;;
esac
