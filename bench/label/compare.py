#!/usr/bin/env python3
"""compare.py ANIMALCTL [--frames N] [--folder DIR]: the label server beside a server as the seed's.

Both run at the same time over folders of their own with the same N frames (100,000), half of them labelled, and are asked
in turns. /filelist: the median of the times of whole answers, checked to be the same names. Labels: saves a second on
1, 32 and 128 connections (`animalctl loadtest` is the client), each frame once, the median of the rounds, every label
found on the disk afterwards. Durability is the same:
both sync file and folder before they answer; ours keeps a history and the frame's revision besides. Prints one line of
JSON. Needs Node.js. The folder should be on the disk that is meant, not in memory.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = (1, 32, 128)


def prepare(folder, count):
    (folder / "frames").mkdir(parents=True)
    (folder / "annotations").mkdir()
    for number in range(count):
        (folder / "frames" / f"frame.{number:06}.jpg").touch()
        if number % 2 == 0:
            text = '{"label": "CAT", "source": "manual", "score": null, "version": null}'
            (folder / "annotations" / f"frame.{number:06}.json").write_text(text, encoding="utf-8")


def write_bodies(folder, names):
    folder.mkdir()
    for number, name in enumerate(names):
        body = {"label": "CAT" if number % 2 else "DOG", "filename": name, "score": 0.75, "version": 2}
        (folder / f"{number:06}.json").write_text(json.dumps(body), encoding="utf-8")


class Server:
    def __init__(self, name, command, folder):
        self.name, self.folder = name, folder
        self.filelist, self.saves = [], {count: [] for count in CONNECTIONS}
        begun = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = json.loads(self.process.stdout.readline())["api"]
        self.start_seconds = time.perf_counter() - begun

    def ask_list(self, keep=True):
        connection = http.client.HTTPConnection(urllib.parse.urlparse(self.address).netloc, timeout=120)
        begun = time.perf_counter()
        connection.request("GET", "/filelist")
        content = connection.getresponse().read()
        if keep:
            self.filelist.append(time.perf_counter() - begun)
        connection.close()
        return json.loads(content)

    def label(self, animalctl, bodies, count, connections):
        """Labels the frames of a folder of bodies, each once."""
        command = [animalctl, "loadtest", self.address + "/label", bodies, "--header", "Content-Type: application/json",
                   "--concurrency", connections, "--warmup", "0s", "--duration", "60s", "--requests", count, "--json"]
        result = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)
        assert result["statuses"] == {"200": count}, result
        self.saves[connections].append(result["good_per_second"])

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def summary(self):
        return {
            "filelist_ms": round(1000 * statistics.median(self.filelist), 2),
            "saves_per_second": {str(count): round(statistics.median(rates)) for count, rates in self.saves.items()},
            "start_seconds": round(self.start_seconds, 2),
            "resident_mib": round(self.resident_mib(), 1),
        }


def compare(ours, theirs, arguments):
    todo = ours.ask_list(keep=False)
    assert sorted(theirs.ask_list(keep=False)) == sorted(todo) and len(todo) == arguments.frames // 2
    for _ in range(arguments.rounds):
        theirs.ask_list()
        for _ in range(5):  # a few in a row: one is over in a moment
            ours.ask_list()
    os.sync()
    labelled = []
    for number in range(arguments.rounds):
        for connections in CONNECTIONS:
            count = arguments.labels if connections > 1 else arguments.labels // 4
            names = todo[len(labelled):len(labelled) + count]
            bodies = theirs.folder.parent / f"bodies-{number}-{connections}"
            write_bodies(bodies, names)
            labelled += names
            for server in (theirs, ours):
                server.label(arguments.animalctl, bodies, count, connections)
    for server in (ours, theirs):
        for name in labelled:
            annotation = json.loads((server.folder / "annotations" / name).with_suffix(".json").read_text(encoding="utf-8"))
            assert annotation["label"] in ("CAT", "DOG") and annotation["score"] == 0.75, (server.name, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("animalctl", type=pathlib.Path)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3, help="of taking turns")
    parser.add_argument("--labels", type=int, default=6000, help="a round and number of connections; frames / 2 must be at least rounds * 2.25 of them")
    parser.add_argument("--folder", type=pathlib.Path, help="where to work (the system's folder for temporary files)")
    arguments = parser.parse_args()
    arguments.animalctl = arguments.animalctl.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="animalctl-compare-", dir=arguments.folder))
    servers = []
    try:
        for name in ("ours", "theirs"):
            prepare(folder / name, arguments.frames)
        flags = ["--frames-dir", "frames", "--annotations-dir", "annotations", "--port", "0", "--api-port", "0"]
        servers.append(Server("ours", [str(arguments.animalctl), "label-server", *flags], folder / "ours"))
        servers.append(Server("theirs", ["node", str(HERE / "seed_like_server.mjs"), str(folder / "theirs")], folder / "theirs"))
        compare(*servers, arguments)
        ours, theirs = (server.summary() for server in servers)
        ratio = {"filelist": round(theirs["filelist_ms"] / ours["filelist_ms"], 1)}
        for count in map(str, CONNECTIONS):
            ratio[f"saves_{count}"] = round(ours["saves_per_second"][count] / theirs["saves_per_second"][count], 2)
        print(json.dumps({"frames": arguments.frames, "ours": ours, "theirs": theirs, "ratio": ratio}))
    finally:
        for server in servers:
            server.process.terminate()
            server.process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
