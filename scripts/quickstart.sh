#!/usr/bin/env bash
# From a fresh Debian to a model in service: installs, builds, runs the whole pipeline on drawn cats and dogs, and ends with
# `animalctl up`: the page, the model and retraining, until Ctrl+C. May be run again at any time; the second time it needs
# no network.
#   scripts/quickstart.sh [WORKSPACE] [--no-serve]
# --no-serve: ends when the model is packed, for scripts.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${ANIMALCTL_DEMO_COUNT:-1000}
workspace=build/quickstart
serve=yes
for argument in "$@"; do
  case $argument in
    --no-serve) serve=no ;;
    -*)
      echo "usage: scripts/quickstart.sh [WORKSPACE] [--no-serve]" >&2
      exit 2
      ;;
    *) workspace=$argument ;;
  esac
done

step() { printf '\n\033[1m== %s\033[0m\n' "$1"; }

step "1/4 Packages"
./scripts/install-packages.sh
echo "All there."

step "2/4 Build (a few minutes the first time)"
cmake --preset release -DANIMALCTL_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release
animalctl=$PWD/build/release/bin/animalctl

step "3/4 The pipeline on $count drawn images, in $workspace"
rm -rf "$workspace"
mkdir -p "$workspace"
cd "$workspace"
run() { printf '\n$ animalctl %s\n' "$*"; "$animalctl" "$@"; }
run demo-data data/cats_and_dogs --count "$count" --seed 0
run dataset-split data/train.csv data/val.csv data/test.csv
run train data/train.csv data/val.csv --model-filename base_model --num-epochs 20 --batch-size 8 --lr 0.001
run evaluate base_model_latest base_model data/test.csv || [[ $? -eq 4 ]]
run validate base_model data/test.csv --max-loss-validation 5
run infer dog.0.png base_model
run archive --model-name animal --version 1.0 --serialized-file models/cats_and_dogs/base_model.pth --export-path archives
run models register models/cats_and_dogs/base_model.pth --archive archives/animal.mar \
  --train-csv data/train.csv --val-csv data/val.csv --test-csv data/test.csv
run models promote 1 --reason "the first model"

step "4/4 Done"
cat <<EOF
A model was trained on drawn cats and dogs, compared, checked, used and packed. It is the replaced system's linear model,
which is why it is often wrong. Everything lies in $workspace:
  data/cats_and_dogs/   images and their labels       models/cats_and_dogs/   models and reports
  data/*.csv            the three sets                cache/                  decoded images, safe to delete
  models/registry/      versions and their history    model_store/            the archive that is served

Next, with your own images (one folder a class):
  export PATH="$(dirname "$animalctl"):\$PATH"
  animalctl dataset-import MY_IMAGES
  animalctl up                            # label them in the browser, serve and retrain
  animalctl dataset-check
  animalctl dataset-split data/train.csv data/val.csv data/test.csv
  animalctl train data/train.csv data/val.csv --model-filename my_model
  animalctl --help
EOF
if [[ $serve == yes ]]; then
  printf '\n$ animalctl up    (Ctrl+C ends it)\n'
  exec "$animalctl" up
fi
printf '\nTo serve it: cd %s && animalctl up\n' "$workspace"
