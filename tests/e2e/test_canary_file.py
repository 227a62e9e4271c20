"""serve follows its canary file: switches under load, versions that come and go, pictures for review."""

import http.client
import json
import os
import pathlib
import shutil
import threading
import time
import urllib.parse

import pytest

from conftest import LIMIT_SECONDS, Program
from serve_process import Serve

MODELS = "models/cats_and_dogs"
FRAMES = "data/cats_and_dogs/frames"
SWITCHES = 50


@pytest.fixture(scope="module")
def store(demo_workspace, tmp_path_factory):
    """A workspace whose model store has animal-1.mar, animal-2.mar and animal-3.mar."""
    folder = tmp_path_factory.mktemp("canary") / "workspace"
    shutil.copytree(demo_workspace.folder, folder, symlinks=True)
    program = Program(folder)
    (folder / "model_store").mkdir()
    (folder / "config").mkdir()
    for version in (1, 2, 3):
        program.ok("archive", "--model-name", "animal", "--version", f"{version}.0", "--serialized-file",
                   f"{MODELS}/base_model.pth", "--export-path", f"packed/{version}")
        shutil.move(folder / f"packed/{version}/animal.mar", folder / f"model_store/animal-{version}.mar")
    return program


@pytest.fixture
def workspace(store, tmp_path):
    shutil.copytree(store.folder, tmp_path / "workspace", symlinks=True)
    return Program(tmp_path / "workspace")


def write_config(program, traffic, current, previous):
    """As an operator does: a new file, renamed over the old one."""
    path = program.folder / "config/config.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"traffic": traffic, "current_version": current, "previous_version": previous}))
    os.replace(new, path)


def in_use(server):
    return server.json("prediction", "GET", "/api/get-config")


def wait_until(condition, seconds=30):
    """Polls; returns how long it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - begin


def stays(condition, seconds=1.2):
    """Nothing happens for longer than serve takes to look at the file by itself."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert condition()
        time.sleep(0.05)


class Load:
    """Clients that send pictures one after the other until stopped, at most for two minutes."""

    def __init__(self, server, pictures, clients=2):
        self.netloc = urllib.parse.urlparse(server.ready["prediction"]).netloc
        self.pictures = pictures
        self.failures = []
        self.answered = 0
        self.versions = set()
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        connection = http.client.HTTPConnection(self.netloc, timeout=LIMIT_SECONDS)
        until = time.monotonic() + LIMIT_SECONDS
        number = client
        while not self.ends.is_set() and time.monotonic() < until:
            number += 1
            try:
                connection.request("POST", "/predict", self.pictures[number % len(self.pictures)], {"Content-Type": "image/png"})
                response = connection.getresponse()
                content = response.read()
                with self.lock:
                    if response.status == 200:
                        self.answered += 1
                        self.versions.add(json.loads(content)["version"])
                    else:
                        self.failures.append((response.status, content))
            except OSError as error:
                with self.lock:
                    self.failures.append(repr(error))
                return

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


def test_fifty_promotions_and_rollbacks_under_load_fail_no_request(workspace):
    write_config(workspace, 1, 1, 1)
    pictures = [path.read_bytes() for path in sorted((workspace.folder / FRAMES).glob("*.png"))[:40]]
    steps = [(0.1, 2, 1), (0.5, 2, 1), (1, 2, 2), (0.1, 3, 2), (0, 3, 2), (1, 3, 3), (1, 2, 1), (1, 1, 1)]
    slowest_loaded = 0
    with Serve(workspace, "--ncs", "--models", "animal=animal-1.mar") as server:
        load = Load(server, pictures)
        loaded = {1}
        for number in range(SWITCHES):
            traffic, current, previous = steps[number % len(steps)]
            write_config(workspace, traffic, current, previous)
            wanted = {"traffic": traffic, "current_version": current, "previous_version": previous}
            took = wait_until(lambda wanted=wanted: in_use(server) == wanted)
            if {current, previous} <= loaded:
                slowest_loaded = max(slowest_loaded, took)
            loaded = {current, previous}
        load.stop()
        assert load.failures == []
        assert load.answered > SWITCHES
        assert load.versions == {1, 2, 3}
        assert slowest_loaded < 1
        log = server.stop()
    assert "cannot be put in use" not in log


def test_a_file_that_is_wrong_is_logged_once_and_one_with_a_new_version_waits_for_it(workspace):
    write_config(workspace, 1, 1, 1)
    hidden = workspace.folder / "animal-2.mar"
    shutil.move(workspace.folder / "model_store/animal-2.mar", hidden)
    with Serve(workspace, "--ncs", "--models", "animal=animal-1.mar") as server:
        before = in_use(server)
        (workspace.folder / "config/config.json").write_text('{"traffic": 2')
        stays(lambda: in_use(server) == before)
        write_config(workspace, 1, 2, 1)
        stays(lambda: in_use(server) == before)
        assert server.call("prediction", "GET", "/health")[0] == 200
        shutil.move(hidden, workspace.folder / "model_store/animal-2.mar")
        wait_until(lambda: in_use(server)["current_version"] == 2)
        versions = server.json("management", "GET", "/models/animal/all")
        assert sorted(version["modelVersion"] for version in versions) == ["1.0", "2.0"]
        write_config(workspace, 1, 2, 2)
        wait_until(lambda: len(server.json("management", "GET", "/models/animal/all")) == 1)
        log = server.stop()
    assert log.count("is not JSON") == 1
    assert log.count("neither loaded nor in the model store") == 1


def test_serve_without_a_model_becomes_ready_when_the_canary_file_comes(workspace):
    shutil.rmtree(workspace.folder / "config")
    with Serve(workspace, "--ncs") as server:
        assert server.call("prediction", "GET", "/health")[0] == 503
        (workspace.folder / "config").mkdir()
        write_config(workspace, 1, 3, 3)
        wait_until(lambda: server.call("prediction", "GET", "/health")[0] == 200)
        server.stop()


def test_pictures_worth_a_label_become_frames_and_lines_carry_measures(workspace):
    frames = pathlib.Path(workspace.folder) / FRAMES
    pictures = [path.read_bytes() for path in sorted(frames.glob("*.png"))]
    for path in list(frames.iterdir())[1:]:
        path.unlink()
    kept = next(frames.iterdir()).read_bytes()
    write_config(workspace, 1, 1, 1)
    with Serve(workspace, "--ncs", "--models", "animal=animal-1.mar", "--review-images", frames, "--review-below", 0,
               "--review-audit", 0.3, "--store-images", "all", "--review-per-day", 50) as server:
        for picture in pictures + pictures:
            assert server.call("prediction", "POST", "/predict", picture, {"Content-Type": "image/png"})[0] == 200
        server.stop()
    names = sorted(path.name for path in frames.iterdir())
    queries = [name for name in names if name.startswith("query-")]
    audited = [name for name in queries if name.startswith("query-audit-")]
    different = len(set(pictures))
    assert len(queries) == min(50, different - (1 if kept in pictures else 0))
    assert 0 < len(audited) < len(queries)
    lines = []
    for path in sorted((workspace.folder / "logs/predictions").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 2 * len(pictures)
    for line in lines:
        measures = line["measures"]
        assert 0 < measures["brightness"] < 1 and 0 < measures["contrast"] < 1 and measures["sharpness"] > 0
        assert line["review"] in ("audit", "all")
    assert {line["frame"] for line in lines if "frame" in line} <= set(names)
    workspace.ok("lake", "import")
    stats = json.loads(workspace.ok("lake", "stats", "--json").stdout)
    assert stats["frames"] == len(names)
    refused = workspace.run("serve", "--store-images", "all")
    assert refused.returncode == 2
    assert "--review-images" in refused.stderr
