#!/usr/bin/env python3
"""memory.py: growth of `animalctl serve` over 200,000 mixed requests (pictures, JSON, hostile files, unknown models) and
200 cycles of registering and unregistering a version: less than 20 MiB. Prints a table and one JSON line."""
import json
import shutil
import urllib.parse
import urllib.request

from common import (ANIMALCTL, SCRATCH, SHARED, arguments, load, machine, make_models, make_store, ours, pictures_of, run,
                    show)

BOUND = 20 * 2**20


def call(url, method):
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as answer:
        return answer.status


def second_version(store, models):
    """An archive of version 2.0 beside the first."""
    target = store / "second.mar"
    if not target.exists():
        folder = SCRATCH / "second"
        folder.mkdir(exist_ok=True)
        run([ANIMALCTL, "archive", "--model-name", "animal", "--version", "2.0", "--serialized-file", models / "animalnet.pth",
             "--export-path", folder, "--force"], SCRATCH)
        shutil.copy(folder / "animal.mar", target)


def mixed(server, pictures, requests):
    """A round of every kind of request."""
    hostile = sorted(path for path in (SHARED / "data/hostile").rglob("*") if path.is_file() and path.stat().st_size < 200_000)
    half, small = str(requests // 2), str(requests // 10)
    unknown = server.url.replace("/animal", "/unknown")
    for url, files, count, form in [(server.url, pictures, half, "torchserve"), (server.url, pictures, small, "kserve"),
                                    (server.url, hostile, small, "torchserve"), (unknown, pictures[:5], small, "torchserve"),
                                    (server.url, pictures, small, "upload"), (server.url, pictures, small, "torchserve")]:
        load(url, files, 300, connections=16, warmup=0, requests=count, form=form)


def cycles(server, count):
    archive = urllib.parse.urlencode({"url": "second.mar", "initial_workers": 1, "synchronous": "true"})
    for _ in range(count):
        call(f"{server.management}/models?{archive}", "POST")
        call(f"{server.management}/models/animal/2.0", "DELETE")


def main():
    options = arguments(__doc__, requests={"type": int, "default": 0}, cycles={"type": int, "default": 0})
    requests = options.requests or (10_000 if options.quick else 200_000)
    count = options.cycles or (20 if options.quick else 200)
    before = machine()
    models = make_models(("animalnet",))
    second_version(make_store("animalnet", models), models)
    pictures = pictures_of("animalnet", 400)
    with ours("animalnet") as server:
        # Pools and arenas fill first: a tenth of everything.
        mixed(server, pictures, requests // 10)
        cycles(server, max(5, count // 10))
        steps = {"warm": server.resident_bytes()}
        mixed(server, pictures, requests)
        steps["requests"] = server.resident_bytes()
        cycles(server, count)
        steps["cycles"] = server.resident_bytes()
    growth = steps["cycles"] - steps["warm"]
    show([[f"{steps['warm'] / 2**20:.1f}", f"{steps['requests'] / 2**20:.1f}", f"{steps['cycles'] / 2**20:.1f}",
           f"{growth / 2**20:.1f}", "yes" if growth < BOUND else "NO"]],
         ["warm, MiB", f"after {requests} requests", f"after {count} cycles", "growth", "below 20 MiB"])
    print(json.dumps({"bench": "memory", "machine": before, "requests": requests, "cycles": count, "bytes": steps, "growth": growth}))


if __name__ == "__main__":
    main()
