#!/usr/bin/env bash
# collect-libraries.sh ROOT FILE…: puts the shared libraries that the files under ROOT need, and those that these need,
# into ROOT/usr/local/lib/animalctl/needed, where the dynamic linker of the image looks. Debian's packages would bring
# along programs, data and documentation that nothing here uses: half a gigabyte.
set -euo pipefail
root=$1
shift
needed=/usr/local/lib/animalctl/needed
mkdir -p "$root$needed" "$root/etc/ld.so.conf.d"
echo "$needed" >"$root/etc/ld.so.conf.d/animalctl.conf"

for file in "$@"; do
  libraries=$(ldd "$root$file")
  if missing=$(grep 'not found' <<<"$libraries"); then
    echo "$file needs what is not installed: $missing" >&2
    exit 1
  fi
  while read -r name _ path _; do
    # The C library belongs to the image's own dynamic linker.
    case $name in
      libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.* | libutil.so.*) continue ;;
    esac
    [[ $path == /* ]] || continue
    # Links are followed (alternatives such as libblas.so.3), under the name that is asked for.
    cp --dereference --no-clobber --preserve=mode "$path" "$root$needed/$name"
  done <<<"$libraries"
done
echo "collected $(find "$root$needed" -type f | wc -l) libraries, $(du -sh "$root$needed" | cut -f1)"
