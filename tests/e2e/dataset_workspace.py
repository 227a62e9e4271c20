"""What the tests of the dataset commands share: the program in an empty folder, and a workspace to fill."""

import csv
import json
import os
import pathlib
import subprocess

import cv2
import numpy
import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BIN_DIR = pathlib.Path(os.environ.get("ANIMALCTL_BIN_DIR", PROJECT / "build" / "release" / "bin"))


@pytest.fixture
def animalctl(tmp_path):
    """Runs the program in an empty folder with a fixed environment."""
    binary = BIN_DIR / "animalctl"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def run(*arguments, code=0):
        result = subprocess.run(
            [binary, *map(str, arguments)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        accepted = code if isinstance(code, tuple) else (code,)
        assert result.returncode in accepted, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    return run


def picture(seed):
    """A random picture with detail at every scale the perceptual hash looks at: far from that of every other seed."""
    coarse = numpy.random.RandomState(seed).randint(0, 256, (16, 16, 3), numpy.uint8)
    return cv2.resize(coarse, (96, 80), interpolation=cv2.INTER_CUBIC)


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture(seed))


class Workspace:
    def __init__(self, root):
        self.root = root
        self.frames = root / "data/cats_and_dogs/frames"
        self.annotations = root / "data/cats_and_dogs/annotations"
        self.frames.mkdir(parents=True)
        self.annotations.mkdir(parents=True)

    def add(self, name, label, seed):
        draw(self.frames / name, seed)
        if label:
            self.label(name, label)

    def label(self, name, label):
        text = json.dumps({"label": label, "source": "manual", "score": None, "version": None})
        (self.annotations / (pathlib.Path(name).stem + ".json")).write_text(text)

    def add_many(self, count, first=0):
        for i in range(first, first + count):
            self.add(f"cat.{i}.png", "CAT", 2 * i)
            self.add(f"dog.{i}.jpg", "DOG", 2 * i + 1)

    def rows(self, part):
        with open(self.root / "data" / f"{part}.csv", newline="") as file:
            return [row["frame_filename"] for row in csv.DictReader(file)]

    def parts(self):
        return {row: part for part in ("train", "val", "test") for row in self.rows(part)}

    def hidden(self):
        return [path for path in self.root.rglob(".animalctl*")]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


SPLIT = ("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv")
