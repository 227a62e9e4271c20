#!/usr/bin/env python3
"""overload.py: what `animalctl serve` does at three times the rate that saturates it: good answers must stay at 90 % of
the peak, the accepted must not wait more than twice as long as at saturation (p99), the others must be refused within
5 ms. Prints a table and one JSON line."""
import json

from common import arguments, load, machine, median, ours, pictures_of, show


def main():
    options = arguments(__doc__, model={"default": "resnet18"}, queue={"type": int, "default": 32})
    before = machine()
    pictures = pictures_of(options.model, 200)
    with ours(options.model, settings={"job_queue_size": options.queue}) as server:
        rounds = []
        for _ in range(options.rounds):
            peak = load(server.url, pictures, options.seconds, connections=options.queue)
            rate = 3 * peak["good_per_second"]
            over = load(server.url, pictures, options.seconds, connections=512, rate=rate, timeout="20s")
            rounds.append({
                "peak": peak["good_per_second"], "rate": rate, "goodput_share": over["good_per_second"] / peak["good_per_second"],
                "p99_share": over["latency_ms"]["p99"] / peak["latency_ms"]["p99"], "p99_ms": over["latency_ms"]["p99"],
                "refused_p50_ms": over["refused_latency_ms"]["p50"], "refused_p99_ms": over["refused_latency_ms"]["p99"],
                "statuses": over["statuses"], "errors": over["errors"]})
    figures = {key: median(r[key] for r in rounds) for key in rounds[0] if key not in ("statuses", "errors")}
    show([["good answers, share of peak", f"{figures['goodput_share']:.2f}", "≥ 0.90"],
          ["p99 of the accepted over that at saturation", f"{figures['p99_share']:.2f}", "≤ 2"],
          ["refusals, p50 ms", f"{figures['refused_p50_ms']:.2f}", "≤ 5"],
          ["refusals, p99 ms", f"{figures['refused_p99_ms']:.2f}", ""]], ["at three times the peak rate", "measured", "bound"])
    print(json.dumps({"bench": "overload", "machine": before, "model": options.model, "median": figures, "rounds": rounds}))


if __name__ == "__main__":
    main()
