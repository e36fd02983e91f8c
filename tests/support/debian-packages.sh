# Sourced by the fetch-* scripts: downloads and unpacks (never installs) Debian packages from the mirror that this machine's
# own apt sources name, into ${XDG_CACHE_HOME:-~/.cache}/berth/oracle. The caller sets `subject`, what its messages begin with.

die() {
  echo "$subject: $*" >&2
  exit 1
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/berth/oracle
mkdir -p "$cache"
cd "$cache"
exec 9> lock
flock 9

for tool in apt-get dpkg-deb; do
  command -v $tool > /dev/null || die "$tool is missing: the programs to compare with come from Debian packages, so this test needs a Debian machine"
done

apt() {
  apt-get -q -o Dir::Etc::sourcelist="$cache/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$cache/lists" \
    -o Dir::Cache="$cache/cache" -o APT::Sandbox::User=root "$@"
}
update() {
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || die 'no Debian 12 (bookworm) mirror in the apt sources of this machine'
  mkdir -p lists cache
  for release in bookworm sid; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main"
  done > sources.list
  apt update >&2 || die "apt-get update failed (see above)"
}
cached() { ls "$1"_*.deb > /dev/null 2>&1; }

# download NAME/RELEASE…: those that are not there yet.
download() {
  updated=
  for package; do
    cached "${package%/*}" && continue
    if [ -z "$updated" ]; then
      update
      updated=yes
    fi
    mkdir -p partial
    # apt compares what it gets with the hashes of its signed index; only whole, verified files are moved here.
    (cd partial && apt download "$package" >&2) || die "cannot download $package (see above)"
    mv partial/*.deb .
  done
}

# unpack DIRECTORY NAME/RELEASE…: all of them into one new directory, unless it holds just these; calls `finish DIRECTORY` before it appears.
unpack() {
  root=$1
  shift
  wanted=$(for package; do ls "${package%/*}"_*.deb; done)
  [ "$(cat "$root/.packages" 2>/dev/null)" != "$wanted" ] || return 0
  rm -rf "$root.new"
  mkdir "$root.new"
  for deb in $wanted; do dpkg-deb -x "$deb" "$root.new"; done
  finish "$root.new"
  echo "$wanted" > "$root.new/.packages"
  rm -rf "$root.old"
  if [ -d "$root" ]; then mv "$root" "$root.old"; fi
  mv "$root.new" "$root"
  rm -rf "$root.old"
}

# present DIRECTORY PROGRAM…: prints the directory's path when all are there.
present() {
  root=$1
  shift
  for program; do
    [ -x "$root/$program" ] || die "$cache/$root/$program is missing: remove $cache and run again"
  done
  echo "$cache/$root"
}
