#!/usr/bin/env bash
# One round of continuous training in a workspace: look, and train, compare, check and promote when there is a reason.
# For cron and systemd timers. The exit code is orchestrate's: 0 done or nothing to do, 4 a gate said no, 5 try later.
#
#   scripts/retrain.sh [WORKSPACE [FLAG…]]         e.g. scripts/retrain.sh /srv/animals --inconclusive promote
#   scripts/retrain.sh --by-hand [WORKSPACE]       the same steps as single commands, as the replaced system's shell
#                                                  scripts had them, without registry, canary and memory of what was
#                                                  refused
#
# ANIMALCTL names the program (else the one in PATH, else this project's build); settings are read from
# WORKSPACE/animalctl.toml when it is there.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
animalctl=${ANIMALCTL:-$(command -v animalctl || echo "$project/build/release/bin/animalctl")}
by_hand=no
if [[ ${1:-} == --by-hand ]]; then
  by_hand=yes
  shift
fi
cd "${1:-.}"
shift || true

settings=()
if [[ -f animalctl.toml ]]; then settings=(--config animalctl.toml); fi
run() { "$animalctl" ${settings[@]+"${settings[@]}"} "$@"; }

if [[ $by_hand == no ]]; then
  exec "$animalctl" ${settings[@]+"${settings[@]}"} orchestrate --once "$@"
fi

train=data/train.csv val=data/val.csv test=data/test.csv
models=${MODEL_DIR:-models/cats_and_dogs}
candidate=candidate_$(date -u +%Y%m%d-%H%M%S)
run dataset-split "$train" "$val" "$test" --stable
run training "$train" "$val" --model-filename "$candidate"
if [[ -f $models/base_model.pth ]]; then run evaluation base_model "$candidate" "$test"; fi
run validation "$candidate" "$test" --min-accuracy-validation "${MIN_ACCURACY_VALIDATION:-0.5}"
# One rename: whoever reads base_model meets the old one or the new one, whole.
cp "$models/$candidate.pth" "$models/.base_model.new"
mv "$models/.base_model.new" "$models/base_model.pth"
echo "base_model is $candidate now"
