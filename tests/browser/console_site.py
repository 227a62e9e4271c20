"""A workspace with some weeks of life in it, for the tests of the console: what orchestrate and serve leave behind."""

import hashlib
import json
import math
import pathlib
import random
import sqlite3
import struct
import subprocess
import sys
import time

from conftest import BIN_DIR, LIMIT_SECONDS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from label_process import LabelServer  # noqa: E402

HOUR = 3_600_000
ADDED_RUN = "run-000004"


class Workspace:
    """Stands in for the Program of the end-to-end tests: runs animalctl in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.path = BIN_DIR / "animalctl"

    def ok(self, *arguments):
        subprocess.run([str(self.path), *map(str, arguments)], cwd=self.folder, check=True, capture_output=True, timeout=LIMIT_SECONDS)

    def start(self, *arguments):
        return subprocess.Popen([str(self.path), *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def runs(now):
    """Rows of lake_runs: one of each kind."""
    return [
        ("run-000001", now - 190 * HOUR, now - 189 * HOUR, "promoted", "animal", 1, None, digest("1"), 300, "the first version; accuracy 91.2 % is above 50 %"),
        ("run-000002", now - 90 * HOUR, now - 89 * HOUR, "refused", "animal", 2, 1, digest("2"), 420,
         "the new model is worse than the champion on the same 84 images: 61 right against 76 (exact McNemar test, p = 0.0003)"),
        ("run-000003", now - 5 * HOUR, None, "canary", "animal", 3, 1, digest("3"), 640, "brightness and saturation drifted in 3 of 3 windows, and 220 labels are new"),
        (ADDED_RUN, now - 60_000, None, "running", "animal", 4, 1, digest("4"), 655, "asked for by anna: a new camera in the stable"),
    ]


def steps(now):
    rows = []
    for run, start in (("run-000003", now - 5 * HOUR), (ADDED_RUN, now - 60_000)):
        for step, begin, end in (("check", 0, 900), ("split", 900, 1400), ("train", 1400, 21_400), ("evaluate", 21_400, 23_000), ("validate", 23_000, 23_900),
                                 ("archive", 23_900, 24_800), ("golden", 24_800, 29_300)):
            if run == ADDED_RUN and step == "train":
                rows.append((run, step, "running", 2, start + begin, None, None, '{"failures":1,"reason":""}'))
                break
            rows.append((run, step, "done", 1, start + begin, start + end, 0, '{"failures":0}'))
    rows.append(("run-000002", "train", "failed", 2, now - 90 * HOUR, now - 90 * HOUR + 4000, 5, '{"failures":2,"reason":"out of memory; try a smaller --batch-size"}'))
    return rows


def decisions(now):
    at = now - 5 * HOUR + 30_000
    gates = [("data", "pass", "0 of 655 frames have an error"), ("floors", "pass", "accuracy 94.1 % is above 50 %"),
             ("champion", "pass", "71 right against 62 of the same 84 images (exact McNemar test, p = 0.012)"),
             ("slices", "pass", "no slice is worse by more than 10 points"), ("calibration", "inconclusive", "an error of 0.11; the set is too small to say"),
             ("archive", "pass", "20 of 20 golden requests were answered alike")]
    rows = [(at - 30_000, "run-000003", "trigger", "yes", "brightness drifted in 3 of 3 windows", {"name": "run"})]
    rows += [(at + index, "run-000003", "gate", verdict, reason, {"name": name}) for index, (name, verdict, reason) in enumerate(gates)]
    rows += [(at + 10, "run-000003", "canary", "yes", "every gate holds", {"name": "begin"}),
             (at + 600_000, "run-000003", "canary", "yes", "shadow: 212 pictures, 4 answered differently, no slower", {"name": "step 0"}),
             (now - 600_000, "run-000003", "canary", "wait", "10 %: 131 of 200 answers; no measure is over its bound", {"name": "step 1"}),
             (now - 89 * HOUR, "run-000002", "promote", "no", "the new model is worse than the champion", {"name": "version"})]
    rows.sort()
    return [(index + 1, *row[:5], json.dumps(row[5])) for index, row in enumerate(rows)]


def features(rng, dark):
    """Four of the 32 numbers move with the light: what the model sees of such pictures."""
    numbers = [rng.gauss(1.5 if dark and place % 8 == 0 else 0, 1) for place in range(32)]
    return "".join(struct.pack(">f", number)[:2].hex() for number in numbers)


def predictions(now, contents):
    """1,000 answers by day, then 360 of a camera that sees less light; a tenth of the last hours by version 3. `contents`:
    digests of the frames, which are among the darkest."""
    rng = random.Random(5)
    rows = []
    for number in range(1360):
        dark = number >= 1000
        frame = contents[(number - 1000) // 9] if dark and number % 9 == 1 else ""
        at = now - 48 * HOUR + number * 90_000 if not dark else now - 5 * HOUR + (number - 1000) * 49_000
        brightness = min(1, max(0, rng.gauss(0.05 if frame else 0.28 if dark else 0.52, 0.03 if frame else 0.08)))
        confidence = min(0.999, max(0.5, rng.gauss(0.78 if dark else 0.9, 0.1)))
        dog = rng.random() < (0.62 if dark else 0.5)
        measures = (brightness, abs(rng.gauss(0.2, 0.04)), abs(rng.gauss(0.2 if dark else 0.35, 0.07)), abs(rng.gauss(0.1, 0.03)))
        common = (at, frame or digest(f"picture {number}"), "animal")
        rest = (confidence if dog else 1 - confidence, confidence, 41_000, 640, 480, *measures, rng.uniform(3, 9), None, features(rng, dark))
        new = dark and number % 10 == 3
        rows.append((f"request-{number}", "current" if new else "previous" if dark else "current", *common, 3 if new else 1, "DOG" if dog else "CAT", *rest))
    return rows


def curves():
    epochs = []
    for epoch in range(24):
        loss = 0.18 + 0.5 * math.exp(-epoch / 6)
        epochs.append({"epoch": epoch, "train_loss": loss, "val_loss": loss + 0.03 + 0.002 * epoch, "val_accuracy": 0.94 - 0.4 * math.exp(-epoch / 5),
                       "learning_rate": 0.001, "images_per_second": 900, "best": epoch in (0, 3, 9, 17)})
    return {"format": 1, "epochs": epochs}


def fill(workspace):
    """Everything that the server reads but the registry."""
    now = int(time.time() * 1000)
    workspace.ok("demo-data", "data/cats_and_dogs", "--count", 40, "--seed", 3)
    workspace.ok("lake", "import")
    frames = sorted((workspace.folder / "data/cats_and_dogs/frames").iterdir())
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in frames]
    database = sqlite3.connect(workspace.folder / "data/lake.db")
    with database:
        database.executemany("INSERT INTO lake_runs VALUES (?,?,?,?,?,?,?,?,?,?,'{}')", runs(now))
        database.executemany("INSERT INTO lake_steps VALUES (?,?,?,?,?,?,?,?)", steps(now))
        database.executemany("INSERT INTO lake_decisions VALUES (?,?,?,?,?,?,?)", decisions(now))
        database.executemany(f"INSERT INTO lake_predictions VALUES ({','.join('?' * 19)})", predictions(now, contents))
    database.close()
    workspace.write("config/config.json", {"traffic": 0.1, "current_version": 3, "previous_version": 1})
    workspace.write("runs/run-000003/train/model.json", curves())
    workspace.write("logs/runs/run-000003/train.log", "".join(f"Epoch {epoch + 1}/24 loss 0.4\n" for epoch in range(24)))
    workspace.write(f"logs/runs/{ADDED_RUN}/check.log", "655 frames, 0 errors\n")
    workspace.write(f"logs/runs/{ADDED_RUN}/train.log", "Epoch 1/24: train loss 0.6931, validation loss 0.6402\n")


def register(workspace, count):
    """Versions of the registry, from a model trained for the purpose; the first one is the champion, the last one lost its files."""
    workspace.ok("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv")
    workspace.ok("train", "data/train.csv", "data/val.csv", "--model-filename", "m", "--num-epochs", 1, "--no-html")
    for version in range(1, count + 2):
        workspace.ok("archive", "--model-name", "animal", "--version", f"{version}.0", "--serialized-file", "models/cats_and_dogs/m.pth",
                     "--export-path", "made", "--force")
        workspace.ok("models", "register", "models/cats_and_dogs/m.pth", "--archive", "made/animal.mar", "--trigger", f"test {version}")
    workspace.ok("models", "promote", count + 1, "--reason", "by mistake", "--by", "anna")
    workspace.ok("models", "promote", 1, "--reason", "the first", "--by", "anna")
    workspace.ok("models", "alias", "previous", "none", "--reason", "nobody should go back to it", "--by", "anna")
    workspace.ok("models", "prune", "--keep", 0, "--by", "anna")


def serve_console(folder):
    return LabelServer(Workspace(folder), "--no-api-port")
