#!/usr/bin/env python3
"""sink.py: what storing answers costs `serve`: the prediction API without a sink, with one (which also measures the
pictures), and with pictures for review put among the frames, taking turns. Prints a table and one JSON line."""
import json
import shutil

from common import SCRATCH, arguments, machine, measured_load, median, ours, pictures_of, show, take_turns

BOUND = 0.03
SIDES = {"off": ["--sink-dir", ""],
         "sink": ["--sink-dir", SCRATCH / "sink"],
         "review": ["--sink-dir", SCRATCH / "sink_review", "--review-images", SCRATCH / "review/frames"]}


def measure(name, options):
    pictures = pictures_of(name, options.pictures)
    servers = {}
    try:
        for side, flags in SIDES.items():
            servers[side] = ours(name, flags=flags, prediction_api=True)
        turns = take_turns(options.rounds, {
            side: lambda server=server: measured_load(server, pictures, options.seconds, 16) for side, server in servers.items()})
        return {side: {"per_second": median(report["good_per_second"] for report in reports),
                       "server_cpu_us": median(report["server_cpu_us_per_request"] for report in reports),
                       "failed": max(report["error_share"] for report in reports)} for side, reports in turns.items()}
    finally:
        for server in servers.values():
            server.stop()


def main():
    options = arguments(__doc__, models={"default": "animalnet,mobilenet_v2"}, pictures={"type": int, "default": 400})
    before = machine()
    results = {}
    for name in options.models.split(","):
        for folder in ("sink", "sink_review", "review"):
            shutil.rmtree(SCRATCH / folder, ignore_errors=True)
        results[name] = measure(name, options)
    rows = []
    for name, sides in results.items():
        for side, figures in sides.items():
            cost = figures["server_cpu_us"] / sides["off"]["server_cpu_us"] - 1
            slower = 1 - figures["per_second"] / sides["off"]["per_second"]
            verdict = "" if side == "off" else f"{slower:+.1%} (< {BOUND:.0%}: {'yes' if slower < BOUND else 'NO'})"
            rows.append([name, side, f"{figures['per_second']:.1f}", verdict, f"{figures['server_cpu_us']:.0f}", f"{cost:+.1%}"])
    show(rows, ["model", "side", "answers/s", "slower", "server CPU us", "by CPU"])
    print(json.dumps({"bench": "sink", "machine": before, "results": results}))


if __name__ == "__main__":
    main()
