#!/usr/bin/env bash
# Builds and unit-tests the project on Debian 13: makes a root with debootstrap, installs the packages there, copies
# the tracked files in and runs the build. Needs root, debootstrap and a Debian mirror (taken from this machine's own
# apt sources). ROOT is kept, so a second run only builds.
#   scripts/check-debian13.sh [ROOT]      default: build/debian13
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
root=$(realpath -m "${1:-build/debian13}")

if [[ $(id -u) -ne 0 ]]; then echo "check-debian13.sh needs root (chroot)" >&2; exit 1; fi
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null

# The mirror this machine itself uses.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
if [[ ! -e $root/etc/debian_version ]]; then
  echo "== Debian 13 root in $root"
  mkdir -p "$root"
  debootstrap --variant=minbase trixie "$root" "$mirror" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
fi
for file in /etc/resolv.conf /etc/hosts; do [[ -e $file ]] && cp -L "$file" "$root$file"; done
# Proxy and certificate settings of this machine, where it has any.
cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
[[ -d /etc/ssl/certs ]] && mkdir -p "$root/etc/ssl" && cp -aL /etc/ssl/certs "$root/etc/ssl/" 2>/dev/null || true

mounted=()
cleanup() { for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount -l "${mounted[$i]}"; done; }
trap cleanup EXIT
mount -t proc proc "$root/proc"; mounted+=("$root/proc")
# The root's own few devices, which debootstrap made: what runs in there cannot touch this machine's.
mkdir -p "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"; mounted+=("$root/dev/shm")

echo "== Sources"
mkdir -p "$root/src/animalctl"
git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$root/src/animalctl"

echo "== Build and unit tests"
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash -euo pipefail -c '
  cd /src/animalctl
  ./scripts/install-packages.sh
  dpkg -s catch2 >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends catch2 python3 >/dev/null
  cat /etc/debian_version
  # The pages are the same files on every system, and npm would need the network settings of this one.
  cmake --preset release -DANIMALCTL_WITH_WEB=OFF >/dev/null
  cmake --build build/release -j "$(nproc)"
  ctest --test-dir build/release --output-on-failure -L unit
  build/release/bin/animalctl --version
'
echo "== Debian 13: built and tested (from $project)"
