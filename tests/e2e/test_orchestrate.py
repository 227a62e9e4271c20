"""orchestrate: triggers, runs, gates and releases with the real program, and what survives a kill."""

import datetime
import hashlib
import hmac
import http.server
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
import registry_files
from conftest import PROJECT, Program

ANNOTATIONS = "data/cats_and_dogs/annotations"
FRAMES = "data/cats_and_dogs/frames"
SETTINGS = """
[train]
arch = "smallcnn"
num-epochs = 2
[orchestrate]
cooldown = "0"
settle = "0"
min-accuracy = 0.0
max-calibration-error = 1.0
inconclusive = "promote"
no-canary = true
golden-requests = 3
"""


@pytest.fixture
def labelled(program):
    """A workspace of 80 drawn and labelled images, with settings that let a quick model pass."""
    program.ok("demo-data", "data/cats_and_dogs", "--count", 80, "--seed", 1)
    (program.folder / "animalctl.toml").write_text(SETTINGS)
    return program


@pytest.fixture(scope="module")
def first_model(tmp_path_factory):
    """A workspace whose first model was trained and promoted; tests must not change it."""
    program = Program(tmp_path_factory.mktemp("first"))
    program.ok("demo-data", "data/cats_and_dogs", "--count", 80, "--seed", 1)
    (program.folder / "animalctl.toml").write_text(SETTINGS)
    result = once(program)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["result"] == "promoted"
    return program


@pytest.fixture
def served(first_model, tmp_path):
    """A copy of it that a test may change."""
    shutil.copytree(first_model.folder, tmp_path / "served")
    return Program(tmp_path / "served")


def once(program, *more):
    return program.run("orchestrate", "--once", "--json", "--config", "animalctl.toml", *more)


def explain(program, *more):
    report = json.loads(program.ok("orchestrate", "--explain", "--json", *more).stdout)
    return report, {row["trigger"]: row for row in report["triggers"]}


def rows(program, sql):
    with sqlite3.connect(program.folder / "data/lake.db") as lake:
        return lake.execute(sql).fetchall()


def add_labels(program, count, seed=9):
    """More drawn images with their labels, beside those that are there."""
    program.ok("demo-data", "more", "--count", count, "--seed", seed)
    for kind in ("frames", "annotations"):
        for file in (program.folder / "more" / kind).iterdir():
            shutil.move(file, program.folder / f"data/cats_and_dogs/{kind}/{seed}-{file.name}")
    shutil.rmtree(program.folder / "more")


def champion(program):
    return json.loads((program.folder / "models/registry/animal/aliases.json").read_text())["champion"]


def traffic(program):
    return json.loads((program.folder / "config/config.json").read_text())


def test_explain_shows_every_trigger_and_a_dry_run_changes_nothing(program):
    report, triggers = explain(program)
    assert not report["run"] and triggers["first-model"]["verdict"] == "quiet"
    program.ok("demo-data", "data/cats_and_dogs", "--count", 60, "--seed", 1)
    report, triggers = explain(program, "--schedule", "@daily")
    assert report["run"] and triggers["first-model"]["verdict"] == "fired"
    assert list(triggers) == ["first-model", "new-labels", "class-labels", "schedule", "live-accuracy", "drift", "run-now", "open-run", "cooldown", "settle", "same-data"]
    table = program.ok("orchestrate", "--explain").stdout
    assert "first-model" in table and "60 (CAT 30, DOG 30)" in table
    assert program.ok("orchestrate", "--dry-run").stdout.startswith("A run would begin")
    assert not (program.folder / "runs").exists() and not (program.folder / "models").exists()


def test_a_champion_that_was_registered_by_hand_knows_its_data(program):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 40, "--seed", 1)
    snapshots = ["data/train.csv", "data/val.csv", "data/test.csv"]
    program.ok("dataset-split", *snapshots)
    registry_files.register(program, 1, "--train-csv", snapshots[0], "--val-csv", snapshots[1], "--test-csv", snapshots[2])
    program.ok("models", "promote", 1, "--reason", "first")

    def new_labels():
        _, triggers = explain(program, "--new-labels", 3)
        return triggers["new-labels"]

    quiet = new_labels()
    assert (quiet["value"], quiet["verdict"]) == ("0", "quiet") and "data of 40" in quiet["reason"]
    add_labels(program, 3)
    fired = new_labels()
    assert (fired["value"], fired["verdict"]) == ("3", "fired")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--once", "--explain"), "give one"),
        (("--schedule", "61 * * * *"), "minute"),
        (("--schedule", "@daily", "--time-zone", "Mars/Olympus", "--explain"), "Europe/Zurich"),
        (("--canary-steps", "0.5,0.1"), "rising"),
        (("--canary-steps", "0.1,shadow"), "first step"),
        (("--inconclusive", "perhaps"), "promote"),
        (("--classes", "cat"), "two"),
        (("--persistence-needed", "4", "--once"), "--persistence-windows"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_accepted(program, arguments, words):
    result = program.run("orchestrate", *arguments)
    assert result.returncode == 2 and words in result.stderr


def test_a_workspace_becomes_a_served_model(first_model):
    assert champion(first_model) == 1
    assert traffic(first_model) == {"traffic": 1.0, "current_version": 1, "previous_version": 1}
    assert (first_model.folder / "model_store/animal-1.mar").exists()
    version = json.loads((first_model.folder / "models/registry/animal/1/version.json").read_text())
    assert version["run"] == "run-000001" and version["data_digest"] and len(version["gates"]) == 6
    # Nothing has changed: nothing is done, and nothing is tried again.
    nothing = once(first_model)
    assert nothing.returncode == 0 and json.loads(nothing.stdout)["result"] == "nothing"
    assert (first_model.folder / "logs/runs/run-000001/train.log").stat().st_size > 0


def test_new_labels_make_a_second_version_by_the_script_for_cron(served):
    add_labels(served, 30)
    _, triggers = explain(served)
    assert triggers["new-labels"]["value"] == "30" and triggers["new-labels"]["verdict"] == "fired"
    environment = {**served.environment, "ANIMALCTL": str(served.path)}
    second = subprocess.run(
        [PROJECT / "scripts/retrain.sh", served.folder], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert second.returncode == 0, second.stderr
    assert champion(served) == 2 and traffic(served)["current_version"] == 2
    assert json.loads((served.folder / "models/registry/animal/2/version.json").read_text())["parent"] == 1
    assert [row[0] for row in rows(served, "SELECT state FROM lake_runs ORDER BY id")] == ["promoted", "promoted"]
    gates = rows(served, "SELECT verdict FROM lake_decisions WHERE kind = 'gate' AND run = 'run-000002'")
    assert len(gates) == 6 and ("fail",) not in gates


class Listener(http.server.BaseHTTPRequestHandler):
    """Takes what is told to a webhook."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((body, self.headers["X-Animalctl-Signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.told = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def answer(program, count, start, milliseconds=5.0):
    """What serve would store of `count` requests that both versions answered, with equal scores."""
    share = traffic(program)["traffic"]
    lines = []
    begin = time.time() + 1
    for number in range(start, start + count):
        challenger = share > 0 and number % 2 == 0
        for version, role in ((1, "shadow" if challenger else "previous"), (2, "current" if challenger else "shadow")):
            lines.append(
                {
                    "request_id": f"r{number}",
                    "time": datetime.datetime.fromtimestamp(begin + 0.2 * (number - start), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                    "image": hashlib.sha256(str(number).encode()).hexdigest(),
                    "image_bytes": 1,
                    "width": 1,
                    "height": 1,
                    "model": "animal",
                    "version": version,
                    "role": role,
                    "label": "DOG",
                    "score": 0.9,
                    "latency_ms": {"total": milliseconds if version == 2 else 5.0 + number % 3},
                }
            )
    sink = program.folder / "logs/predictions"
    sink.mkdir(parents=True, exist_ok=True)
    with (sink / "predictions-2026-11-26-0001.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


CANARY = ("--canary-min-requests", "50", "--canary-min-time", "0")


@pytest.mark.parametrize("broken", [False, True])
def test_a_canary_rises_with_its_requests_and_is_rolled_back_when_it_is_slow(served, listener, broken):
    settings = served.folder / "animalctl.toml"
    settings.write_text(settings.read_text().replace("no-canary = true", ""))
    (served.folder / "secret").write_text("a key\n")
    tell = ("--notify-url", f"http://127.0.0.1:{listener.server_port}/hook?x=1", "--notify-secret-file", "secret")
    add_labels(served, 30)
    begun = once(served, *CANARY, *tell)
    assert begun.returncode == 0 and json.loads(begun.stdout)["result"] == "canary"
    assert champion(served) == 1 and (served.folder / "model_store/animal-2.mar").exists()
    shares = []
    for look in range(20):
        result = json.loads(once(served, *CANARY, *tell).stdout)
        if result["result"] != "canary":
            break
        shares.append(traffic(served)["traffic"])
        answer(served, 240, look * 240, milliseconds=400.0 if broken and shares[-1] > 0 else 5.0)
    if broken:
        assert result["result"] == "refused" and "latency" in result["reason"]
        assert champion(served) == 1 and traffic(served) == {"traffic": 1.0, "current_version": 1, "previous_version": 1}
        assert 0.5 not in shares
    else:
        assert result["result"] == "promoted", result
        assert champion(served) == 2 and traffic(served) == {"traffic": 1.0, "current_version": 2, "previous_version": 2}
        assert sorted(set(shares)) == [0.0, 0.1, 0.5]
    # What was refused is remembered: the same data is not tried again.
    assert json.loads(once(served, *CANARY, *tell).stdout)["result"] == "nothing"
    kinds = [json.loads(body)["kind"] for body, _ in listener.told]
    assert kinds.count("gate") == 6 and ("rollback" if broken else "promote") in kinds
    for body, signature in listener.told:
        assert signature == "sha256=" + hmac.new(b"a key", body, "sha256").hexdigest()


def test_a_gate_that_says_no_is_exit_4_and_not_tried_again_on_the_same_data(labelled):
    refused = once(labelled, "--min-accuracy", "1")
    assert refused.returncode == 4 and "floors" in json.loads(refused.stdout)["reason"]
    assert not (labelled.folder / "models/registry/animal/1").exists()
    again = once(labelled, "--min-accuracy", "1")
    assert again.returncode == 0 and "same data" in json.loads(again.stdout)["reason"]
    assert len(rows(labelled, "SELECT id FROM lake_runs")) == 1


def test_a_step_that_fails_is_exit_5_and_says_why(labelled):
    (labelled.folder / "animalctl.toml").write_text(SETTINGS.replace("num-epochs = 2", 'device = "gpu"'))
    failed = once(labelled)
    assert failed.returncode == 5
    reason = json.loads(failed.stdout)["reason"]
    assert "train" in reason and "exit code 2" in reason
    assert rows(labelled, "SELECT state FROM lake_runs") == [("failed",)]


def test_labels_that_a_person_only_kept_are_trained_on_and_never_tested_with(labelled):
    names = sorted((labelled.folder / ANNOTATIONS).iterdir())
    kept = {file.stem for file in names[::2]}
    for file in names[::2]:
        label = json.loads(file.read_text())["label"]
        file.write_text(json.dumps({"label": label, "source": "auto", "score": 0.9, "version": 1}))
    # How good the model is on the few images that are left to test with plays no part here.
    assert once(labelled).returncode in (0, 4)
    split = labelled.folder / "runs/run-000001/split"
    parts = {part: {os.path.splitext(os.path.basename(row))[0] for row in (split / f"{part}.csv").read_text().split()[1:]} for part in ("train", "val", "test")}
    assert parts["test"] and not parts["test"] & kept
    assert parts["train"] & kept
    assert json.loads((split / "split.json").read_text())["not_by_people"] > 0


def test_two_orchestrators_never_work_in_one_workspace(labelled):
    daemon = labelled.start("orchestrate", "--config", "animalctl.toml", "--interval", "1h")
    try:
        while "watching" not in daemon.stderr.readline():
            assert daemon.poll() is None
        limit = time.time() + 60
        while not (labelled.folder / "runs/.orchestrate.lock").exists() and time.time() < limit:
            time.sleep(0.01)
        second = once(labelled)
        assert second.returncode == 5 and "another orchestrator" in second.stderr
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert once(labelled).returncode == 0 and champion(labelled) == 1


def test_killed_at_any_moment_it_ends_in_the_same_state(labelled):
    chance = random.Random(4)
    kills = 0
    limit = time.time() + 100
    while time.time() < limit:
        process = subprocess.Popen(
            [str(labelled.path), "orchestrate", "--once", "--config", "animalctl.toml"],
            cwd=labelled.folder,
            env=labelled.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # At the end it is left alone, as a machine without power cuts is.
            assert process.wait(timeout=chance.uniform(0.05, 2.5) if kills < 8 else 90) == 0
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert kills > 0
    assert champion(labelled) == 1 and traffic(labelled)["current_version"] == 1
    assert rows(labelled, "SELECT state FROM lake_runs") == [("promoted",)]
    assert len(rows(labelled, "SELECT id FROM lake_decisions WHERE kind = 'promote'")) == 1
    assert len(rows(labelled, "SELECT id FROM lake_decisions WHERE kind = 'gate'")) == 6
    assert not [path for path in (labelled.folder / "runs").rglob(".tmp-*") if path.exists()]
    assert json.loads(once(labelled).stdout)["result"] == "nothing"


def test_the_daemon_sees_a_label_within_a_second(labelled):
    files = sorted((labelled.folder / ANNOTATIONS).iterdir())
    held_back = [(file, file.read_text()) for file in files[:40]]
    for file, _ in held_back:
        file.unlink()
    daemon = labelled.start("orchestrate", "--config", "animalctl.toml", "--interval", "1h")
    try:
        while "watching" not in daemon.stderr.readline():
            assert daemon.poll() is None
        time.sleep(0.5)
        for file, text in held_back:
            file.write_text(text)
        written = time.time()
        limit = written + 30
        begun = []
        while not begun and time.time() < limit:
            time.sleep(0.05)
            begun = rows(labelled, "SELECT at_ms FROM lake_decisions WHERE kind = 'trigger'")
        assert begun and begun[0][0] / 1000 - written < 3
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=60)
