#!/usr/bin/env python3
"""threads_under_load.py DATA_DIR WEIGHTS: does training on all cores stay quick when other programs want them too?

Fine-tunes mobilenet_v2 (WEIGHTS: torchvision's .pth) for one epoch of a few images, alone and beside one busy process a core, with the
waiting policy that the program sets (threads that wait sleep after a short spin) and with libgomp's spinning (OMP_WAIT_POLICY=active). The four cases take
turns; medians. With fair sharing half the speed is left beside the load. Prints a table and one JSON line.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import statistics
import tempfile

from common import ANIMALCTL, folders_of, run, shorten, split


def spin():
    while True:
        pass


def environment_with(policy):
    environment = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    if policy:
        environment["OMP_WAIT_POLICY"] = policy
    return environment


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    speeds = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        common = folders_of(arguments.data)
        split(arguments.data, folder)
        shorten(folder / "train.csv", folder / "some.csv", arguments.images)
        train = [ANIMALCTL, "train", "some.csv", "some.csv", "--arch", "mobilenet_v2", "--weights", arguments.weights.resolve(), "--freeze", "none",
                 "--num-epochs", 1, "--image-size", 96, "--no-html", "--model-dir", "models", "--model-filename", "bench", *common]
        for _ in range(arguments.rounds):
            for beside in (0, os.cpu_count()):
                for policy in (None, "active"):
                    load = [multiprocessing.Process(target=spin, daemon=True) for _ in range(beside)]
                    for process in load:
                        process.start()
                    run(train, folder, environment=environment_with(policy))
                    for process in load:
                        process.kill()
                        process.join()
                    report = json.loads((folder / "models/bench.json").read_text())
                    speeds.setdefault((beside, policy), []).append(report["epochs"][0]["images_per_second"])
    result = {}
    for beside, policy in speeds:
        name = f"{'beside a load' if beside else 'alone'}, {policy or 'as the program sets it'}"
        result[name] = round(statistics.median(speeds[beside, policy]), 1)
        print(f"{name:42} {result[name]} images/s")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
