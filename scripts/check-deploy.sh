#!/usr/bin/env bash
# check-deploy.sh: looks through docker/ and deploy/ without a container engine: rules of a good Dockerfile, the compose
# file, the systemd units; exit 1 if any is broken. Uses shellcheck, hadolint, docker compose and systemd-analyze where
# they are installed. That the entry commands run from an install prefix is tests/e2e/test_deploy.py's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python3 scripts/check_deploy.py

have() { command -v "$1" >/dev/null; }
if have shellcheck; then shellcheck docker/*.sh scripts/check-deploy.sh; fi
if have hadolint; then hadolint docker/Dockerfile; fi
if have docker && docker compose version >/dev/null 2>&1; then
  docker compose -f docker/compose.yaml config --quiet
fi
if have systemd-analyze; then
  # On a machine without the program and its user, everything but these two can be verified.
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  for unit in deploy/systemd/*; do
    sed -e 's#/usr/local/bin/animalctl[^ ]*#/bin/true#' -e '/^User=/d' -e '/^Group=/d' "$unit" >"$folder/${unit##*/}"
  done
  problems=$(systemd-analyze verify "$folder"/* 2>&1 | grep "$folder" || true)
  if [[ -n $problems ]]; then
    echo "$problems" >&2
    exit 1
  fi
fi
echo "deploy: ok"
