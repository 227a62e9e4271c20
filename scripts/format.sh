#!/usr/bin/env bash
# format.sh [--check]: formats every .cpp and .h of the project; --check only reports, exit 1 if any differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  "") action=(-i) ;;
  --check) action=(--dry-run --Werror) ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac

# Tracked files and new ones that git does not ignore; outside a repository, what the folders hold.
list_files() {
  if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.h'
  else
    find include src tests bench -name '*.cpp' -print0 -o -name '*.h' -print0
  fi
}

# A file that was deleted but not yet committed is still listed.
mapfile -d '' -t files < <(list_files | while IFS= read -r -d '' file; do [[ -e $file ]] && printf '%s\0' "$file"; done)
if ((${#files[@]} == 0)); then
  echo "nothing to format"
  exit 0
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 20 "${CLANG_FORMAT:-clang-format}" "${action[@]}" || exit 1
echo "format: ${#files[@]} files"
