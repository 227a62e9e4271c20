#!/usr/bin/env python3
"""batching.py: `animalctl serve` with batches of up to 8 against batchSize 1, at several numbers of connections, taking
turns: batching must never cost more than 5 %, and should gain where the model gains. Prints a table and one JSON line."""
import json

from common import arguments, load, machine, median, ours, pictures_of, show, take_turns

LOWEST = 0.95


def settings(batch_size):
    version = {"minWorkers": 2, "maxWorkers": 2, "batchSize": batch_size, "maxBatchDelay": 5, "responseTimeout": 120}
    return {"models": json.dumps({"animal": {"1.0": {"defaultVersion": True, "marName": "animal.mar", **version}}})}


def main():
    options = arguments(__doc__, models={"default": "animalnet,resnet18"}, connections={"default": "1,2,4,8,16,32,64"})
    before = machine()
    rows, results = [], {}
    for name in options.models.split(","):
        pictures = pictures_of(name, 200)
        with ours(name, settings=settings(8)) as batched, ours(name, settings=settings(1)) as single:
            for count in map(int, options.connections.split(",")):
                turns = take_turns(options.rounds, {side: lambda server=server: load(server.url, pictures, options.seconds, count)
                                                    for side, server in (("batched", batched), ("single", single))})
                rates = {side: median(r["good_per_second"] for r in reports) for side, reports in turns.items()}
                ratio = rates["batched"] / rates["single"] if rates["single"] else float("nan")
                results.setdefault(name, {})[count] = {**rates, "ratio": ratio}
                rows.append([name, count, f"{rates['batched']:.1f}", f"{rates['single']:.1f}", f"{ratio:.2f}",
                             "" if ratio >= LOWEST else "SLOWER"])
    show(rows, ["model", "connections", "batchSize 8, answers/s", "batchSize 1", "ratio", ""])
    print(json.dumps({"bench": "batching", "machine": before, "results": results}))


if __name__ == "__main__":
    main()
