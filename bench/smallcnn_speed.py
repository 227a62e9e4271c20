#!/usr/bin/env python3
"""smallcnn_speed.py DATA_DIR: images a second of an epoch of `train --arch smallcnn`, against the same network, augmentation and batch size
in Python, taking turns; medians. Python runs with 0 and 2 loader workers and the faster counts. Ours is a later epoch, its images decoded.

DATA_DIR holds frames/ and annotations/. Prints a table and one JSON line.
"""
import argparse
import json
import pathlib
import statistics
import tempfile

from common import ANIMALCTL, HERE, PYTHON, folders_of, run, shorten, split


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=2000, help="training images of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        common = folders_of(arguments.data)
        split(arguments.data, folder)
        shorten(folder / "train.csv", folder / "some.csv", arguments.images)
        ours, python = [], {0: [], 2: []}
        for _ in range(arguments.rounds):
            run([ANIMALCTL, "train", "some.csv", "val.csv", "--arch", "smallcnn", "--augment", "light", "--start-share", 1, "--num-epochs", 2,
                 "--model-filename", "bench", "--no-html", "--model-dir", "models", *common], folder)
            ours.append(json.loads((folder / "models/bench.json").read_text())["epochs"][1]["images_per_second"])
            for workers, speeds in python.items():
                out = run([PYTHON, HERE / "python_smallcnn.py", "some.csv", "--workers", workers], folder)
                speeds.append(json.loads(out)["images_per_second"])
    best_python = max(statistics.median(speeds) for speeds in python.values())
    result = {"ours": round(statistics.median(ours), 1), "python": round(best_python, 1),
              "ratio": round(statistics.median(ours) / best_python, 2)}
    for name, value in result.items():
        print(f"{name:8} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
