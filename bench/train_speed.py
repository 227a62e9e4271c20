#!/usr/bin/env python3
"""train_speed.py DATA_DIR: `animalctl train` against the same training in Python, in one run.

DATA_DIR holds frames/ and annotations/. Both sides get the same frames, the same split and the same batch size, and
take turns, because machines are noisy; medians over the rounds are compared. Python runs with 0 and 2 loader workers
and the faster counts. What is counted as an epoch: everything between its start and its end, so training, validation
and, on our side, the durable checkpoints, and in the first epoch also the decoding that happens before it. Ours starts
each round without a cache. Prints a table and one JSON line.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import tempfile

from common import ANIMALCTL, HERE, PYTHON, run


def ours(folder, batch_size, epochs):
    """Images a second in the first epoch, and the median of the later ones."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    run([ANIMALCTL, "train", "train.csv", "val.csv", "--annotations-dir", folder / "annotations", "--model-dir", "models",
         "--model-filename", "bench", "--batch-size", batch_size, "--num-epochs", epochs], folder)
    report = json.loads((folder / "models/bench.json").read_text())
    images = report["data"]["train_images"] + report["data"]["val_images"]
    seconds = [e["seconds_train"] + e["seconds_validation"] + e["seconds_checkpoint"] for e in report["epochs"]]
    first = images / (report["seconds_preparing"] + seconds[0])
    return first, images / statistics.median(seconds[1:])


def python(folder, batch_size, workers, epochs):
    out = run([PYTHON, HERE / "python_peer.py", "train.csv", folder / "annotations", "--val", "val.csv",
               "--batch-size", batch_size, "--workers", workers, "--epochs", epochs], folder)
    speeds = [json.loads(line)["images_per_second"] for line in out.splitlines() if line.startswith("{")]
    return speeds[0], statistics.median(speeds[1:]) if len(speeds) > 1 else speeds[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 32])
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "annotations").symlink_to((arguments.data / "annotations").resolve())
        run([ANIMALCTL, "dataset-split", "train.csv", "val.csv", "test.csv", "--frames-dir",
             (arguments.data / "frames").resolve(), "--annotations-dir", folder / "annotations"], folder)
        for batch_size in arguments.batch_sizes:
            samples = {"ours": [], 0: [], 2: []}
            for _ in range(arguments.rounds):
                samples["ours"].append(ours(folder, batch_size, 8))
                for workers in (0, 2):
                    samples[workers].append(python(folder, batch_size, workers, 2))
            medians = {k: [statistics.median(v[i] for v in values) for i in (0, 1)] for k, values in samples.items()}
            for i, name in enumerate(("first epoch", "later epochs")):
                peer = max(medians[0][i], medians[2][i])
                rows.append({"batch_size": batch_size, "epoch": name, "animalctl": round(medians["ours"][i]),
                             "python_0_workers": round(medians[0][i]), "python_2_workers": round(medians[2][i]),
                             "ratio": round(medians["ours"][i] / peer, 1)})
    print(f"{'batch':>5}  {'':12}  {'animalctl':>10}  {'python, 0 workers':>17}  {'2 workers':>9}  ratio   (images/s)")
    for row in rows:
        print(f"{row['batch_size']:>5}  {row['epoch']:12}  {row['animalctl']:>10}  {row['python_0_workers']:>17}  "
              f"{row['python_2_workers']:>9}  {row['ratio']:.1f}x")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
