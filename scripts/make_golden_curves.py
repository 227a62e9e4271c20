#!/usr/bin/env python3
"""Writes tests/golden/stats/curves.json: ROC and precision-recall points, reliability bins, histograms and Fisher's test.

Run by hand with Debian's python3-numpy; the output is committed. Everything is counted here by trying every
threshold on every item, and Fisher's test in whole numbers, so that a mistake shared with the C++ code is unlikely.
"""
import json
import math
import pathlib
import platform
from fractions import Fraction

import numpy as np

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "stats" / "curves.json"
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__}
BINS = 15


def floats(values):
    """float32 values as the shortest decimals that give them back."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32)]


def curve_case(name, scores, labels):
    """All points of both curves, one a distinct score; straight pieces are not thinned here."""
    scores = np.asarray(scores, dtype=np.float32)
    positive = np.asarray(labels) == 1
    roc, precision_recall, gained = [], [], Fraction(0)
    for threshold in sorted(set(scores.tolist()), reverse=True):
        called = scores >= np.float32(threshold)
        hits, misses = int((called & positive).sum()), int((called & ~positive).sum())
        if positive.any() and (~positive).any():
            roc.append([misses / int((~positive).sum()), hits / int(positive.sum())])
        at_threshold = int(((scores == np.float32(threshold)) & positive).sum())
        gained += Fraction(at_threshold * hits, hits + misses)
        if positive.any() and (not precision_recall or precision_recall[-1][0] < 1):
            precision_recall.append([hits / int(positive.sum()), hits / (hits + misses)])
    average = float(gained / int(positive.sum())) if positive.any() else None
    return {"name": name, "scores": floats(scores), "labels": [int(value) for value in positive],
            "roc": [[0.0, 0.0]] + roc if roc else [],
            "precision_recall": [[0.0, 1.0]] + precision_recall if precision_recall else [],
            "average_precision": average}


def curves(random):
    labels = random.randint(0, 2, 300)
    scores = np.clip(random.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    return [curve_case("three hundred scores", scores, labels),
            curve_case("many ties", np.round(scores, 1), labels),
            curve_case("all scores equal", [0.5] * 4, [0, 1, 1, 0]),
            curve_case("perfect", [0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]),
            curve_case("reversed", [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]),
            curve_case("positives only", [0.2, 0.7], [1, 1]),
            curve_case("negatives only", [0.2, 0.7], [0, 0])]


def reliability(random):
    confidence = np.concatenate([random.uniform(0.5, 1, 200), [0.0, 1.0, 1 / 15, 2 / 15, 0.6]])
    correct = (random.uniform(0, 1, len(confidence)) < confidence).astype(int)
    rows = []
    for number in range(BINS):
        inside = (confidence * BINS > number) & (confidence * BINS <= number + 1)
        if number == 0:
            inside |= confidence == 0
        count = int(inside.sum())
        rows.append({"count": count, "correct": int(correct[inside].sum()),
                     "mean_confidence": float(confidence[inside].mean()) if count else 0.0,
                     "accuracy": float(correct[inside].mean()) if count else 0.0})
    return {"confidences": confidence.tolist(), "correct": correct.tolist(), "bins": rows}


def histogram(random):
    scores = np.float32(np.concatenate([random.uniform(0, 1, 200), [0, 1, 0.05, 0.95, 0.5]]))
    groups = random.randint(0, 3, len(scores))
    counts = [[int(((groups == group) & (np.float64(scores) >= number / 20)
                    & ((np.float64(scores) < (number + 1) / 20) | (number == 19))).sum()) for number in range(20)]
              for group in range(3)]
    return {"scores": floats(scores), "groups": groups.tolist(), "counts": counts}


def fisher():
    cases = []
    for a, n, b, m in [(0, 0, 5, 10), (3, 10, 0, 0), (0, 1, 1, 1), (8, 10, 9, 10), (1, 10, 9, 10), (10, 10, 0, 10),
                       (250, 267, 520, 533), (200, 267, 520, 533), (2600, 2700, 5250, 5300), (2700, 2700, 10, 5300)]:
        total, successes = n + m, a + b
        lowest = max(0, successes - m)
        ways = sum(math.comb(successes, x) * math.comb(total - successes, n - x) for x in range(lowest, a + 1))
        cases.append({"successes": a, "trials": n, "other_successes": b, "other_trials": m,
                      "p": float(Fraction(ways, math.comb(total, n)))})
    return cases


def main():
    random = np.random.RandomState(11)
    content = {"versions": VERSIONS, "tolerance": 1e-12, "curves": curves(random), "reliability": reliability(random),
               "histogram": histogram(random), "fisher": fisher()}
    GOLDEN.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print("versions:", VERSIONS)
    print("written to tests/golden/stats/curves.json")


if __name__ == "__main__":
    main()
