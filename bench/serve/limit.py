#!/usr/bin/env python3
"""limit.py: `animalctl serve` against the same decoding, preprocessing and network in a bare loop in one process
(serving_model_bench): at least 85 % of it at saturation, and with one connection at most 0.3 ms more a request. Also the
time from start to ready. Prints a table and one JSON line."""
import json
import re

from common import ANIMALCTL, PICTURES, SCRATCH, arguments, load, machine, make_models, median, ours, pictures_of, run, show, take_turns

# One process and its threads on all cores, as the server; the client takes its share of them.
BARE = ANIMALCTL.parent / "serving_model_bench"


def bare_loop(name, seconds):
    """Images a second of decoding, preparing and running together, without fast decoding: one thread with batches of one,
    and the best of all batch sizes on two threads."""
    text = run([BARE, SCRATCH / "models" / f"{name}.pth", PICTURES[name], min(seconds, 1)], SCRATCH)
    plain = text.split(", fast decode", 1)[0]
    rates = {(int(batch), int(threads)): float(rate)
             for batch, threads, rate in re.findall(r"all, batch +(\d+) +(\d+) thread\(s\) +([\d.]+)/s", plain)}
    return {1: rates[1, 1], 2: max(rate for (_, threads), rate in rates.items() if threads == 2)}


def start_seconds(name, rounds):
    times = []
    for _ in range(rounds):
        with ours(name) as server:
            times.append(server.seconds_to_ready)
    return times


def main():
    options = arguments(__doc__, models={"default": "animalnet,mobilenet_v2,resnet18"})
    before = machine()
    rows, results = [], {}
    for name in options.models.split(","):
        make_models((name,))
        pictures = pictures_of(name, 200)
        with ours(name) as server:
            turns = take_turns(options.rounds, {
                "bare": lambda: bare_loop(name, options.seconds),
                "full": lambda: load(server.url, pictures, options.seconds, 16),
                "one": lambda: load(server.url, pictures, options.seconds, 1)})
        bare = {threads: median(r[threads] for r in turns["bare"]) for threads in (1, 2)}
        full = median(r["good_per_second"] for r in turns["full"])
        over = median(r["latency_ms"]["p50"] for r in turns["one"]) - 1e3 / bare[1]
        ready = median(start_seconds(name, max(3, options.rounds)))
        results[name] = {"bare": bare, "served": full, "share": full / bare[2], "latency_over_ms": over, "ready_s": ready}
        rows.append([name, f"{bare[2]:.1f}", f"{full:.1f}", f"{full / bare[2]:.2f} (≥ 0.85)", f"{over:.2f} (≤ 0.3)",
                     f"{ready:.2f}" + (" (≤ 1)" if name == "animalnet" else "")])
    show(rows, ["model", "bare loop, two threads", "served, 16 connections", "share", "one connection, ms over the loop",
                "start to ready, s"])
    print(json.dumps({"bench": "limit", "machine": before, "results": results}))


if __name__ == "__main__":
    main()
