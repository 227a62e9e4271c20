#!/usr/bin/env bash
# Installs, builds and runs every test. May be run again at any time; the second time it needs no network.
#   scripts/test.sh          everything
#   scripts/test.sh --quick  without the sanitizer and clang-tidy builds
#   scripts/test.sh --full   with the LibTorch modules under the sanitizers and the loop with its processes killed too (25
#                            minutes more on two cores)
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no
sanitize_torch=OFF
if [[ "${1:-}" == --quick ]]; then quick=yes; fi
loop=once
if [[ "${1:-}" == --full ]]; then sanitize_torch=ON loop=once,killed; fi
step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
# Two compilers of LibTorch headers need over 2 GB; more cores may use more.
jobs=$(nproc)

step "Packages"
./scripts/install-packages.sh --test

step "Format"
./scripts/format.sh --check

step "Build: release"
cmake --preset release -DANIMALCTL_BUILD_TESTS=ON -DANIMALCTL_WERROR=ON >/dev/null
cmake --build build/release -j "$jobs"

step "Unit tests"
ctest --test-dir build/release --output-on-failure -j "$jobs"

step "End-to-end tests"
# Whole files go to a worker each: the tests of one share a workspace.
ANIMALCTL_BIN_DIR=$PWD/build/release/bin /usr/bin/python3 -m pytest -q -n "$jobs" --dist loadfile tests/e2e

step "The loop on photographs"
# Alone: what a canary measures of response times is what they are.
ANIMALCTL_LOOP=$loop ANIMALCTL_BIN_DIR=$PWD/build/release/bin /usr/bin/python3 -m pytest -q tests/e2e/test_loop.py

step "Tests of the pages"
(cd web && npm test --silent)
# Screenshots stay under build/ to be looked at.
ANIMALCTL_BIN_DIR=$PWD/build/release/bin ANIMALCTL_SCREENSHOTS=$PWD/build/screenshots /usr/bin/python3 -m pytest -q tests/browser

if [[ $quick == no ]]; then
  step "Build: asan"
  cmake --preset asan -DANIMALCTL_WITH_TORCH=$sanitize_torch >/dev/null
  cmake --build build/asan -j "$jobs"
  step "Unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  ctest --test-dir build/asan --output-on-failure -L unit

  step "clang-tidy"
  cmake --preset tidy >/dev/null
  # Only looked at, not compiled: half the time of building the preset. A unity build, so that headers are read once for
  # ten files.
  run-clang-tidy -quiet -j "$jobs" -p build/tidy "$PWD/build/tidy/src/.*" >build/tidy/report.txt 2>&1 || {
    grep -E "(error|warning):" -A 3 build/tidy/report.txt
    exit 1
  }
fi
step "All tests passed"
