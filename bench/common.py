"""What the benchmarks share: the program under test, running a command, snapshots of a part of the photographs."""
import csv
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ANIMALCTL = pathlib.Path(os.environ.get("ANIMALCTL_BIN_DIR", HERE.parent / "build/release/bin")) / "animalctl"
PYTHON = "/usr/bin/python3"  # the one that sees Debian's packages


def run(arguments, folder, accepted=(0,), environment=None):
    """Runs a command in `folder` and returns its standard output; ends the benchmark when it fails."""
    result = subprocess.run([str(a) for a in arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode not in accepted:
        raise SystemExit(f"{arguments} failed:\n{result.stderr}")
    return result.stdout


def folders_of(data):
    """The flags that name the photographs below `data`."""
    return ["--frames-dir", (data / "frames").resolve(), "--annotations-dir", (data / "annotations").resolve()]


def split(data, folder):
    """Writes the stable split of the photographs below `data` as train.csv, val.csv and test.csv into `folder`."""
    run([ANIMALCTL, "dataset-split", "train.csv", "val.csv", "test.csv", "--stable", *folders_of(data)], folder)


def shorten(source, target, rows):
    """Copies rows of a snapshot, evenly spaced, so that every class is there; returns how many the whole has."""
    with open(source, newline="") as file:
        head, *lines = csv.reader(file)
    rows = min(rows, len(lines))
    with open(target, "w", newline="") as file:
        csv.writer(file).writerows([head] + [lines[i * len(lines) // rows] for i in range(rows)])
    return len(lines)
