#!/usr/bin/env python3
"""decode_loop.py FRAMES_CSV: the fastest that OpenCV itself can feed one core.

Prints one JSON line for each of: a loop of cv2.imread alone, and imread with the seed's resize to
16x16 and conversion to grey. `animalctl`'s loader is measured against the second. The best of
--rounds rounds counts: on a shared machine, noise only ever slows a loop down.
"""
import argparse
import csv
import json
import pathlib
import time

import cv2


def decode(path):
    return cv2.imread(path)


def decode_and_resize(path):
    image = cv2.resize(cv2.imread(path), (16, 16), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def best_seconds(action, paths, rounds):
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        for path in paths:
            action(path)
        best = min(best, time.perf_counter() - begin)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames_csv", type=pathlib.Path, help="snapshot with a column frame_filename")
    parser.add_argument("--frames-dir", type=pathlib.Path, help="folder that relative names in the CSV start from")
    parser.add_argument("--limit", type=int, help="use only the first N rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="cv2.setNumThreads")
    arguments = parser.parse_args()

    cv2.setNumThreads(arguments.threads)
    with open(arguments.frames_csv, newline="", encoding="utf-8") as file:
        names = [row["frame_filename"] for row in csv.DictReader(file)][:arguments.limit]
    paths = [str(arguments.frames_dir / name) if arguments.frames_dir else name for name in names]
    unreadable = [path for path in paths if cv2.imread(path) is None]  # also fills the page cache
    if not paths or unreadable:
        raise SystemExit(f"cannot read {unreadable[0]}" if unreadable else f"{arguments.frames_csv} lists no frames")
    for name, action in [("decode", decode), ("decode_resize", decode_and_resize)]:
        seconds = best_seconds(action, paths, arguments.rounds)
        print(json.dumps({"loop": name, "seconds": round(seconds, 6),
                          "images_per_second": round(len(paths) / seconds, 1), "images": len(paths),
                          "threads": arguments.threads}), flush=True)


if __name__ == "__main__":
    main()
