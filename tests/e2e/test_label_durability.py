"""No acknowledged label is lost or altered: servers that are killed, answers that never arrive, two tabs, a full disk."""

import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import threading
import urllib.parse

import pytest
from conftest import LIMIT_SECONDS
from label_process import ANNOTATIONS, FRAMES, LabelServer, png

FRAME_COUNT = 2500
SAVES = 10_000
BATCH = 20
TABS = 4
KILLS = 12


class Tab(threading.Thread):
    """Labels images of the whole set, again and again, as an outbox does: what is not answered is sent anew with its keys."""

    def __init__(self, number, names, site):
        super().__init__(daemon=True)
        self.number, self.names, self.site = number, names, site
        self.random = random.Random(number)
        self.revisions = dict.fromkeys(names, 0)
        self.acknowledged = []  # (key, name, revision, label)
        self.conflicts = 0
        self.failure = None

    def run(self):
        try:
            for round_number in range(SAVES // TABS // BATCH):
                self.save([self.change(round_number, place) for place in range(BATCH)])
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def change(self, round_number, place):
        name = self.random.choice(self.names)
        return {"key": f"tab-{self.number}-{round_number}-{place}", "name": name, "revision": self.revisions[name],
                "action": "label", "label": self.random.choice(["CAT", "DOG"])}

    def save(self, changes):
        results = None
        while results is None:
            results = self.send(changes)
        for change, result in zip(changes, results):
            item = result["item"]
            self.revisions[item["name"]] = max(self.revisions[item["name"]], item["revision"])
            if result["status"] == 200:
                assert item["label"] == change["label"], (change, item)
                self.acknowledged.append((change["key"], item["name"], item["revision"], item["label"]))
            else:
                assert result["status"] == 409, result
                self.conflicts += 1

    def send(self, changes):
        body = json.dumps({"changes": changes})
        address = self.site.address  # of the server that lives now
        connection = http.client.HTTPConnection(address, timeout=LIMIT_SECONDS)
        try:
            connection.request("POST", "/api/labels", body, {"Content-Type": "application/json", "X-Annotator": f"tab {self.number}"})
            if self.random.random() < 0.05:
                return None  # the connection is cut before the answer: nobody knows whether it arrived
            response = connection.getresponse()
            content = response.read()
            if response.status != 200:
                return None
            results = json.loads(content)["results"]
            # A server that is being stopped says so for each change.
            return None if any(result["status"] == 503 for result in results) else results
        except (OSError, http.client.HTTPException):
            self.site.alive.wait(LIMIT_SECONDS)
            return None
        finally:
            connection.close()


class Site:
    """Where the server is now, and whether there is one."""

    def __init__(self):
        self.address = None
        self.alive = threading.Event()

    def is_at(self, server):
        self.address = urllib.parse.urlparse(server.ready["page"]).netloc
        self.alive.set()


def all_items(server):
    items, cursor = {}, ""
    while cursor is not None:
        page = server.json("GET", f"/api/items?limit=1000&cursor={urllib.parse.quote(cursor)}")
        items.update((item["name"], item) for item in page["items"])
        cursor = page["next"]
    return items


def all_events(server):
    events, before = [], ""
    while before is not None:
        page = server.json("GET", f"/api/history?limit=1000{before and '&before=' + str(before)}")
        events += page["events"]
        before = page["next"]
    return events


def test_10000_saves_over_kills_cut_connections_and_four_tabs(program):
    frames = program.folder / FRAMES
    frames.mkdir(parents=True)
    names = [f"frame.{number:05}.png" for number in range(FRAME_COUNT)]
    for name in names:
        (frames / name).touch()
    site = Site()
    tabs = [Tab(number, names, site) for number in range(TABS)]
    chance = random.Random(7)
    server = LabelServer(program)
    site.is_at(server)
    for tab in tabs:
        tab.start()
    kills = 0
    while any(tab.is_alive() for tab in tabs):
        # Killed after so many more labels, wherever the server is then.
        goal = sum(len(tab.acknowledged) for tab in tabs) + chance.randrange(200, SAVES // KILLS)
        while any(tab.is_alive() for tab in tabs) and sum(len(tab.acknowledged) for tab in tabs) < goal:
            tabs[0].join(0.005)
        if any(tab.is_alive() for tab in tabs) and kills < KILLS:
            site.alive.clear()
            server.kill()
            kills += 1
            server = LabelServer(program)
            site.is_at(server)
    server.kill()
    assert [tab.failure for tab in tabs] == [None] * TABS
    acknowledged = [label for tab in tabs for label in tab.acknowledged]
    assert len(acknowledged) + sum(tab.conflicts for tab in tabs) == SAVES
    assert kills >= 5 and len(acknowledged) > SAVES // 2
    with LabelServer(program) as server:
        items, events = all_items(server), all_events(server)
        happened = {(event["name"], event["revision"]): event["label"] for event in events}
        # The history is complete: each acknowledged label is there once, at its revision, and nothing else is.
        assert len(events) == len(happened) == len(acknowledged)
        for _, name, revision, label in acknowledged:
            assert happened[name, revision] == label
        # Each image is as its last event left it, in the index and in its file.
        for name, item in items.items():
            revision = max((revision for event_name, revision in happened if event_name == name), default=0) if item["revision"] else 0
            assert item["revision"] == revision
            file = program.folder / ANNOTATIONS / (pathlib.Path(name).stem + ".json")
            if revision:
                assert json.loads(file.read_text(encoding="utf-8"))["label"] == item["label"] == happened[name, revision]
            else:
                assert not file.exists()


def test_a_full_disk_loses_nothing_and_is_told(program):
    data = program.folder / "data"
    data.mkdir()
    mount = "mount -t tmpfs -o size=1m none data"
    if os.geteuid() != 0 or shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "sh", "-c", mount], cwd=program.folder, capture_output=True, check=False).returncode:
        pytest.skip("a file system of a size of one's own needs root and unshare")
    count = 150
    (program.folder / "source").mkdir()
    for number in range(count):
        (program.folder / "source" / f"f{number:03}.png").write_bytes(png(number))
    script = f"{mount} && mkdir -p {FRAMES} && cp source/* {FRAMES} && exec {program.path} label-server --port 0 --api-port 0"
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], cwd=program.folder, env=program.environment,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        server = LabelServer.__new__(LabelServer)
        server.program, server.process, server.keys = program, process, iter(f"full-disk-{number}" for number in range(10_000))
        server.ready = json.loads(process.stdout.readline())
        saved, refused = {}, 0
        for round_number in range(40):
            for number in range(count):
                name = f"f{number:03}.png"
                result = server.change(name, saved.get(name, (0,))[0], label="CAT" if round_number % 2 else "DOG")
                if result["status"] == 200:
                    saved[name] = (result["item"]["revision"], result["item"]["label"])
                else:
                    assert result["status"] in (503, 507) and result["message"], result
                    refused += 1
            if refused:
                break
        assert refused and saved
        for name, (revision, label) in saved.items():
            item = server.item(name)
            assert (item["revision"], item["label"]) == (revision, label)
    finally:
        process.kill()
        process.wait(timeout=LIMIT_SECONDS)
