#!/usr/bin/env bash
# Installs what animalctl is built from and runs on (Debian 12 and 13). Needs root or sudo; does nothing, and needs
# no network, when everything is there. `--test` adds what the tests need.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config git
  libtorch-dev libopencv-dev libcli11-dev nlohmann-json3-dev libfmt-dev libspdlog-dev
  libssl-dev ca-certificates libboost-dev libcpp-httplib-dev libarchive-dev libtomlplusplus-dev libcsv-dev libxxhash-dev libjpeg62-turbo-dev
  libdnnl-dev libonnx-dev libprotobuf-dev prometheus-cpp-dev libsimdjson-dev zlib1g-dev
  libsoci-dev libsqlite3-dev libpq-dev
  # Without it LibTorch runs on the slow reference BLAS.
  libopenblas0
)
test_packages=(
  catch2 openssl clang clang-format clang-tidy libclang-rt-dev
  python3 python3-pytest python3-pytest-xdist python3-numpy python3-opencv python3-torch python3-torchvision python3-onnx python3-prometheus-client python3-yaml shellcheck zsh
  postgresql
  chromium
)
if [[ "${1:-}" == --test ]]; then packages+=("${test_packages[@]}"); fi
# The pages are built by Node.js 18 or newer. One that did not come from Debian is kept: Debian's would replace it.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]}" >&2
    echo "Run this script as root, or install sudo." >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
