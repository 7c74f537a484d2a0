#!/usr/bin/env bash
# The README's commands on a machine that has nothing: bare_root.sh [--can | COMMAND...]
#
# Clones what is committed into a fresh Debian 12 root (debootstrap, minbase) and runs each COMMAND there; without any,
# examples/quickstart.sh and tests/run.sh. Fails when one of them fails, so also when it uses what packages.txt does not
# name, and when files are left behind in the clone. --can only tells (exit 0 or 1) whether that can be done here.
#
# The root is a copy of a base that is kept in ${XDG_CACHE_HOME:-~/.cache}/weir/bare_root with the packages that were
# fetched; no run sees what another one installed. The compiler cache is the host's. Mirror and proxy are those of the
# host's apt. Needs root and debootstrap; without them, or without a mirror, it is left out, and that is said.
set -euo pipefail
checkout="$(cd "$(dirname "$0")/.." && pwd)"
suite=bookworm
kept="${XDG_CACHE_HOME:-$HOME/.cache}/weir/bare_root"
base="$kept/$suite"

why_not() {
  if [ "$(id -u)" -ne 0 ]; then echo "it needs root"
  elif ! command -v debootstrap >/dev/null; then echo "debootstrap is not installed"
  elif ! unshare --mount --pid --fork true 2>/dev/null; then echo "no mount namespaces can be made here"
  elif [ -z "$(repositories)" ]; then echo "apt knows no repository of $suite here"
  elif ! git -C "$checkout" rev-parse HEAD >/dev/null 2>&1; then echo "there is no git repository to clone"
  elif ! base_is_good && ! make_base; then echo "$base cannot be made"
  fi
}

# URI, suite and component of each repository of Debian 12 that the host takes packages from.
repositories() {
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 2>/dev/null |
    grep -E "/debian(-security)?/? $suite(-updates|-security)? " | sort -u
}
mirror() { repositories | awk -v suite="$suite" '$2 == suite { print $1; exit }'; }

# The last file that make_base writes is there, is younger than a month and names the same repositories; programs start.
base_is_good() {
  [ -n "$(find "$base/made_from" -mtime -30 2>/dev/null)" ] && [ "$(cat "$base/made_from")" = "$(repositories)" ] &&
    chroot "$base" /bin/true 2>/dev/null
}

make_base() {
  echo "making $base" >&2
  rm -rf "$base" "$kept/packages"
  mkdir -p "$kept/packages"
  debootstrap --variant=minbase --include=ca-certificates --cache-dir="$kept/packages" "$suite" "$base" "$(mirror)" \
    >"$kept/debootstrap.log" || { tail -n 5 "$kept/debootstrap.log" >&2; return 1; }
  chroot "$base" apt-get clean
  repositories | sed 's/^/deb /' >"$base/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(https?|Retries|ForceIPv[46])' >"$base/etc/apt/apt.conf.d/host" || true
  echo force-unsafe-io >"$base/etc/dpkg/dpkg.cfg.d/throwaway"
  repositories >"$base/made_from"
}

compiler_cache() {
  if [ -n "${CCACHE_DIR:-}" ]; then echo "$CCACHE_DIR"
  else ccache --get-config cache_dir 2>/dev/null || echo "${XDG_CACHE_HOME:-$HOME/.cache}/ccache"
  fi
}

# enter ROOT COMMAND: in namespaces of its own, so that nothing stays mounted or running. Its environment is a login's,
# with the host's proxies and its settings of ccache.
enter() {
  local cache shared="$checkout/../shared/conformance" pass=()
  cache="$(compiler_cache)"
  mkdir -p "$cache" "$1"/{ccache,shared/conformance,host}
  mapfile -t pass < <(env | grep -E '^(https?_proxy|no_proxy|CCACHE_[A-Z]+|WEIR_[A-Z_]+|TERM)=' | grep -vE '^CCACHE_(DIR|CONFIGPATH)=')
  # shellcheck disable=SC2016  # expanded inside
  unshare --mount --pid --fork --kill-child bash -euc '
    root="$1" cache="$2" shared="$3"
    mount --make-rslave /
    mount --bind "$root" "$root"
    cd "$root"
    mount -t proc proc proc
    mount --rbind /sys sys
    mount --rbind /dev dev
    mount -t tmpfs tmpfs tmp
    mount -t tmpfs tmpfs run
    mount --bind "$cache" ccache
    [ ! -d "$shared" ] || mount --bind -o ro "$shared" shared/conformance
    cp -L /etc/resolv.conf etc/resolv.conf 2>/dev/null || true
    pivot_root . host
    cd /
    umount -l /host
    shift 3
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CCACHE_DIR=/ccache "$@"
  ' bash "$1" "$cache" "$shared" "${pass[@]}" bash -c "cd /src && $2"
}

mkdir -p "$kept"
exec {lock}>"$kept/lock"
flock "$lock"
reason="$(why_not)"
exec {lock}>&-
if [ -n "$reason" ]; then
  echo "bare root: left out: $reason"
  [ "${1:-}" != --can ] || exit 1
  exit 0
fi
[ "${1:-}" != --can ] || exit 0
[ $# -gt 0 ] || set -- examples/quickstart.sh tests/run.sh

find "$kept" -maxdepth 1 -name 'run.*' -mtime +0 -exec rm -rf --one-file-system {} +  # of runs that were killed
root="$(mktemp -d "$kept/run.XXXXXX")"
archives="$root/var/cache/apt/archives"
clean_up() {
  cp -nl "$archives"/*.deb "$kept/packages" 2>/dev/null || true  # the next run need not fetch them
  rm -rf --one-file-system "$root"
}
trap clean_up EXIT
cp -a "$base/." "$root"
cp -lf "$kept/packages"/*.deb "$archives"
git clone -q "$checkout" "$root/src"
for command in "$@"; do
  echo "== bare root: $command"
  enter "$root" "$command"
done
left="$(git -C "$root/src" status --porcelain)"
[ -z "$left" ] || { echo "bare root: left behind in the clone:" "$left" >&2; exit 1; }
echo "bare root: passed"
