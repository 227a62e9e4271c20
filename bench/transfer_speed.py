#!/usr/bin/env python3
"""transfer_speed.py DATA_DIR WEIGHTS: a frozen mobilenet_v2 on photographs, from an empty cache, again with 1 % new images, and its features
against the same in Python, taking turns, medians.

DATA_DIR holds frames/ and annotations/, WEIGHTS is torchvision's mobilenet_v2 as .pth. Prints what each took and one JSON line.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import tempfile
import time

from common import ANIMALCTL, HERE, PYTHON, folders_of, run, shorten, split

PEER_IMAGES = 1000


def timed(arguments, folder):
    start = time.perf_counter()
    run(arguments, folder)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    weights = arguments.weights.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        common = folders_of(arguments.data)
        split(arguments.data, folder)
        count = shorten(folder / "train.csv", folder / "all.csv", 10**9)
        new = round(count * 0.0125)
        shorten(folder / "train.csv", folder / "before.csv", count - new)
        shorten(folder / "train.csv", folder / "peer.csv", PEER_IMAGES)
        transfer = ["--arch", "mobilenet_v2", "--weights", weights, "--model-dir", "models", *common]

        cold, retrain, ours, python = [], [], [], {0: [], 2: []}
        for _ in range(arguments.rounds):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            cold.append(timed([ANIMALCTL, "train", "before.csv", "val.csv", "--model-filename", "cold", *transfer], folder))
            retrain.append(timed([ANIMALCTL, "train", "all.csv", "val.csv", "--model-filename", "again", *transfer], folder))
            shutil.rmtree(folder / "cache", ignore_errors=True)
            run([ANIMALCTL, "train", "peer.csv", "peer.csv", "--model-filename", "peer", "--num-epochs", 1, "--no-html", *transfer], folder)
            report = json.loads((folder / "models/peer.json").read_text())
            ours.append(report["data"]["new_features"] / report["seconds_preparing"])
            for workers, speeds in python.items():
                out = run([PYTHON, HERE / "python_features.py", weights, "peer.csv", "--workers", workers, "--limit", PEER_IMAGES], folder)
                speeds.append(json.loads(out)["images_per_second"])
        checked = run([ANIMALCTL, "validate", "cold", "test.csv", "--min-f1", 0, "--json", "--model-dir", "models", *common], folder)
    best_python = max(statistics.median(speeds) for speeds in python.values())
    result = {
        "images": count,
        "new_images": new,
        "cold_seconds": round(statistics.median(cold), 1),
        "retrain_seconds": round(statistics.median(retrain), 1),
        "test_accuracy": json.loads(checked)["metrics"]["accuracy"],
        "features_per_second": round(statistics.median(ours), 1),
        "python_features_per_second": round(best_python, 1),
        "ratio": round(statistics.median(ours) / best_python, 2),
    }
    for name, value in result.items():
        print(f"{name:28} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
