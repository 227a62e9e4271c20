#!/usr/bin/env python3
"""smallcnn_speed.py DATA_DIR: images a second of an epoch of `train --arch smallcnn`, against the same network, augmentation and batch size
in Python, taking turns; medians. Python runs with 0 and 2 loader workers and the faster counts, in float32 and, for comparison, with autocast
to bfloat16. Ours is a later epoch, its images decoded, at the size of the last epochs, in the precision that it chooses itself.

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
        ours, python = [], {(bf16, workers): [] for bf16 in (False, True) for workers in (0, 2)}
        for _ in range(arguments.rounds):
            run([ANIMALCTL, "train", "some.csv", "val.csv", "--arch", "smallcnn", "--start-share", 0.8, "--num-epochs", 2, "--model-filename", "bench", "--no-html", "--model-dir", "models", *common], folder)
            report = json.loads((folder / "models/bench.json").read_text())
            ours.append(report["epochs"][1]["images_per_second"])
            for (bf16, workers), speeds in python.items():
                flags = ["--workers", workers] + (["--bf16"] if bf16 else [])
                out = run([PYTHON, HERE / "python_smallcnn.py", "some.csv", *flags], folder)
                speeds.append(json.loads(out)["images_per_second"])
    best_python, best_bf16 = (max(statistics.median(python[bf16, workers]) for workers in (0, 2)) for bf16 in (False, True))
    own = statistics.median(ours)
    result = {"ours": round(own, 1), "precision": report["step_precision"], "python": round(best_python, 1), "ratio": round(own / best_python, 2),
              "python bf16": round(best_bf16, 1), "ratio bf16": round(own / best_bf16, 2)}
    for name, value in result.items():
        print(f"{name:12} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
