#!/usr/bin/env python3
"""transfer_speed.py DATA_DIR WEIGHTS: a frozen mobilenet_v2 on photographs, from an empty cache, again with 1 % new images, and its features
against the same in Python, taking turns, medians.

DATA_DIR holds frames/ and annotations/, WEIGHTS is torchvision's mobilenet_v2 as .pth. Prints what each took and one JSON line.
"""
import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ANIMALCTL = pathlib.Path(os.environ.get("ANIMALCTL_BIN_DIR", HERE.parent / "build/release/bin")) / "animalctl"
PEER_IMAGES = 1000


def run(arguments, folder):
    start = time.perf_counter()
    result = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 4):
        raise SystemExit(f"{arguments} failed:\n{result.stderr}")
    return time.perf_counter() - start, result.stdout


def shorten(source, target, rows):
    with open(source, newline="") as file:
        lines = list(csv.reader(file))
    with open(target, "w", newline="") as file:
        csv.writer(file).writerows(lines[:rows + 1])
    return len(lines) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    weights = arguments.weights.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        common = ["--frames-dir", (arguments.data / "frames").resolve(), "--annotations-dir", (arguments.data / "annotations").resolve()]
        run([ANIMALCTL, "dataset-split", "train.csv", "val.csv", "test.csv", "--stable", *common], folder)
        count = shorten(folder / "train.csv", folder / "all.csv", 10**9)
        new = round(count * 0.0125)
        shorten(folder / "train.csv", folder / "before.csv", count - new)
        shorten(folder / "train.csv", folder / "peer.csv", PEER_IMAGES)
        transfer = ["--arch", "mobilenet_v2", "--weights", weights, "--model-dir", "models", *common]

        cold, retrain, ours, python = [], [], [], {0: [], 2: []}
        for _ in range(arguments.rounds):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            cold.append(run([ANIMALCTL, "train", "before.csv", "val.csv", "--model-filename", "cold", *transfer], folder)[0])
            retrain.append(run([ANIMALCTL, "train", "all.csv", "val.csv", "--model-filename", "again", *transfer], folder)[0])
            shutil.rmtree(folder / "cache", ignore_errors=True)
            run([ANIMALCTL, "train", "peer.csv", "peer.csv", "--model-filename", "peer", "--num-epochs", 1, "--no-html", *transfer], folder)
            report = json.loads((folder / "models/peer.json").read_text())
            ours.append(report["data"]["new_features"] / report["seconds_preparing"])
            for workers, speeds in python.items():
                out = run(["/usr/bin/python3", HERE / "python_features.py", weights, "peer.csv", "--workers", workers, "--limit", PEER_IMAGES], folder)[1]
                speeds.append(json.loads(out)["images_per_second"])
        checked = run([ANIMALCTL, "validate", "cold", "test.csv", "--min-f1", 0, "--json", "--model-dir", "models", *common], folder)[1]
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
