#!/usr/bin/env python3
"""throughput.py: answers a second of `animalctl serve`, of FastAPI + uvicorn + PyTorch and of Node + Express + onnxruntime,
with the same model, photographs and client, taking turns. Without a program that has `serve`, --peers-only measures the
peers. Prints a table and one JSON line."""
import json

from common import (arguments, fastapi, install_node, largest_difference, machine, measured_load, median, node, ours,
                    pictures_of, show, take_turns, verdict)

# Model → bounds of our rate over FastAPI's and Node's.
BOUNDS = {"animalnet": (1.4, 8), "mobilenet_v2": (4, 2), "resnet18": (3, 3)}
FAST_DECODE_BOUND = 2.5
# How far scores may be apart. Node's is wider: sharp resizes with a cubic kernel, it has no area filter.
SCORES = {"fastapi": 1e-2, "ours": 1e-2, "ours-fast": 2e-2, "node": 5e-2}


def start(name, peers_only, with_node):
    sides = {"fastapi": fastapi(name)}
    if with_node:
        sides["node"] = node(name)
    if not peers_only:
        sides["ours"] = ours(name)
        if name == "animalnet":
            sides["ours-fast"] = ours(name, flags=["--fast-decode"])
    return sides


def differences(sides, pictures):
    """The largest difference of scores from ours (or the first peer's)."""
    reference = sides.get("ours") or sides["fastapi"]
    return {name: largest_difference(reference.url, side.url, pictures) for name, side in sides.items() if side is not reference}


def measure(name, options, connections):
    pictures = pictures_of(name, options.pictures)
    sides = start(name, options.peers_only, options.with_node)
    try:
        apart = differences(sides, pictures[:40])
        for side, value in apart.items():
            if value > SCORES[side]:
                print(f"WARNING: {name}: scores of {side} differ by up to {value:.4f}, above {SCORES[side]}")
        rates = {}
        for count in connections:
            turns = take_turns(options.rounds, {
                side: lambda server=server, count=count: measured_load(server, pictures, options.seconds, count)
                for side, server in sides.items()})
            rates[count] = {side: summary(reports) for side, reports in turns.items()}
        return {"rates": rates, "score_differences": apart,
                "rss_mib": {side: round(server.resident_bytes() / 2**20) for side, server in sides.items()}}
    finally:
        for server in sides.values():
            server.stop()


def summary(reports):
    worst = max(report["error_share"] for report in reports)
    if worst > 0:
        print(f"WARNING: {worst:.2%} of requests failed")
    return {"per_second": median(report["good_per_second"] for report in reports),
            "spread": [min(r["good_per_second"] for r in reports), max(r["good_per_second"] for r in reports)],
            "p50_ms": median(report["latency_ms"]["p50"] for report in reports),
            "p99_ms": median(report["latency_ms"]["p99"] for report in reports),
            "server_cpu_us": median(report["server_cpu_us_per_request"] for report in reports),
            "client_cpu_us": median(report["client_cpu_us_per_request"] for report in reports)}


def cpu_ratio(sides, side):
    """The ratio of rates as the CPU times give it, server and client together: what it would be on an idle machine."""
    own = sides.get("ours")
    if own is None or side == "ours":
        return ""
    return f"{(sides[side]['server_cpu_us'] + sides[side]['client_cpu_us']) / (own['server_cpu_us'] + own['client_cpu_us']):.2f}"


def rows_of(name, result):
    rows = []
    for count, sides in result["rates"].items():
        own = sides.get("ours", {}).get("per_second")
        for side, figures in sides.items():
            ratio = ""
            if own and side in ("fastapi", "node"):
                value = own / figures["per_second"]
                ratio = verdict(value, BOUNDS[name][side == "node"]) if count == 16 else f"{value:.2f}"
            if side == "ours-fast":
                value = figures["per_second"] / sides["fastapi"]["per_second"]
                ratio = verdict(value, FAST_DECODE_BOUND) + " × fastapi" if count == 16 else f"{value:.2f} × fastapi"
            rows.append([name, count, side, f"{figures['per_second']:.1f}", f"{figures['p50_ms']:.2f}", f"{figures['p99_ms']:.2f}",
                         f"{figures['server_cpu_us']:.0f}", f"{figures['client_cpu_us']:.0f}", cpu_ratio(sides, side), ratio])
    return rows


def main():
    options = arguments(__doc__, models={"default": ",".join(BOUNDS)}, peers_only={"action": "store_true"},
                        connections={"default": "16,1"}, pictures={"type": int, "default": 400},
                        no_node={"action": "store_true"})
    options.with_node = not options.no_node and install_node()
    before = machine()
    connections = [int(word) for word in options.connections.split(",")]
    results = {name: measure(name, options, connections) for name in options.models.split(",")}
    show([row for name, result in results.items() for row in rows_of(name, result)],
         ["model", "connections", "side", "answers/s", "p50 ms", "p99 ms", "server CPU us", "client CPU us", "by CPU",
          "ours / peer"])
    print(json.dumps({"bench": "throughput", "machine": before, "results": results}))


if __name__ == "__main__":
    main()
