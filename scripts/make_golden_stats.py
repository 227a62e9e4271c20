#!/usr/bin/env python3
"""Writes tests/golden/stats/*.json: reference numbers for the module `stats`.

Run by hand with Debian's python3-numpy and python3-scipy; the output is committed. Metrics are
computed here a second time, in other ways than in the C++ code (pair counting instead of sorting,
exact integers instead of floating-point tails), so that a shared mistake is unlikely.
"""
import json
import math
import pathlib
import platform
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import scipy
import scipy.stats

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "stats"
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
ECE_BINS = 15
getcontext().prec = 50


def shortest(values):
    """float32 values as the shortest decimals that give them back."""
    numbers = [float(str(value)) for value in np.asarray(values, dtype=np.float32).ravel()]
    assert np.array_equal(np.array(numbers, dtype=np.float64).astype(np.float32), np.float32(values).ravel())
    return numbers


def clamped_log(value):
    return max(math.log(value), -100.0) if value > 0 else -100.0


def pair_auc(scores, positive):
    """Share of (positive, negative) pairs in the right order, ties half; None without both."""
    high = np.asarray(scores)[positive]
    low = np.asarray(scores)[~positive]
    if len(high) == 0 or len(low) == 0:
        return None
    wins = int((high[:, None] > low[None, :]).sum())
    ties = int((high[:, None] == low[None, :]).sum())
    return float(Fraction(2 * wins + ties, 2 * len(high) * len(low)))


def calibration_error(confidence, correct):
    total = 0.0
    for number in range(ECE_BINS):
        # The same comparison as the definition: (m/M, (m+1)/M].
        inside = (confidence * ECE_BINS > number) & (confidence * ECE_BINS <= number + 1)
        if number == 0:
            inside |= confidence == 0
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return float(total)


def class_row(label, labels, predictions, auc):
    right = int(((labels == label) & (predictions == label)).sum())
    count = int((labels == label).sum())
    predicted = int((predictions == label).sum())
    precision = right / predicted if predicted else 0.0
    recall = right / count if count else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"count": count, "predicted": predicted, "precision": precision, "recall": recall, "f1": f1, "auc": auc}


def confusion(labels, predictions, classes):
    return [[int(((labels == a) & (predictions == b)).sum()) for b in range(classes)] for a in range(classes)]


def binary_case(name, scores, labels, threshold):
    scores = np.asarray(scores, dtype=np.float32)
    labels = np.asarray(labels)
    exact = scores.astype(np.float64)
    predictions = (exact >= threshold).astype(int)
    confidence = np.where(predictions == 1, exact, 1 - exact)
    correct = predictions == labels
    auc = pair_auc(scores, labels == 1)
    rows = [class_row(label, labels, predictions, auc) for label in (0, 1)]
    losses = [-clamped_log(p) if y else -max(math.log1p(-p) if p < 1 else -100.0, -100.0)
              for p, y in zip(exact.tolist(), labels.tolist())]
    expected = {
        "count": len(scores), "accuracy": float(correct.mean()), "loss": math.fsum(losses) / len(scores),
        "precision": rows[1]["precision"], "recall": rows[1]["recall"], "f1": rows[1]["f1"], "auc": auc,
        "brier": float(np.mean((exact - labels) ** 2)), "ece": calibration_error(confidence, correct),
        "per_class": rows, "confusion": confusion(labels, predictions, 2)}
    return {"name": name, "threshold": threshold, "scores": shortest(scores), "labels": labels.tolist(),
            "expected": expected}


def multiclass_case(name, probabilities, labels):
    probabilities = np.asarray(probabilities, dtype=np.float32)
    labels = np.asarray(labels)
    exact = probabilities.astype(np.float64)
    classes = exact.shape[1]
    predictions = exact.argmax(axis=1)
    correct = predictions == labels
    rows = [class_row(k, labels, predictions, pair_auc(probabilities[:, k], labels == k)) for k in range(classes)]
    occurring = [row for row in rows if row["count"] + row["predicted"] > 0]
    ranked = [row["auc"] for row in rows if row["auc"] is not None]
    losses = [-clamped_log(row[label]) for row, label in zip(exact.tolist(), labels.tolist())]
    expected = {
        "count": len(labels), "accuracy": float(correct.mean()), "loss": math.fsum(losses) / len(labels),
        **{key: math.fsum(row[key] for row in occurring) / len(occurring) for key in ("precision", "recall", "f1")},
        "auc": math.fsum(ranked) / len(ranked) if ranked else None,
        "brier": float(np.mean(((exact - np.eye(classes)[labels]) ** 2).sum(axis=1))),
        "ece": calibration_error(exact.max(axis=1), correct),
        "per_class": rows, "confusion": confusion(labels, predictions, classes)}
    return {"name": name, "class_count": classes, "probabilities": shortest(probabilities),
            "labels": labels.tolist(), "expected": expected}


def metrics():
    random = np.random.RandomState(7)
    labels = random.randint(0, 2, 200)
    separated = np.clip(random.normal(0.35 + 0.3 * labels, 0.2), 0, 1)
    ties = np.round(separated, 1)
    binary = [
        binary_case("two hundred scores", separated, labels, 0.5),
        binary_case("many ties and a threshold among them", ties, labels, 0.4),
        binary_case("certain answers, half of them wrong", [0, 1, 0, 1], [0, 1, 1, 0], 0.5),
        binary_case("one class only", [0.2, 0.7, 0.9], [1, 1, 1], 0.5),
        binary_case("nothing predicted positive", [0.1, 0.2, 0.3], [0, 1, 1], 1.0),
        binary_case("one item", [0.5], [1], 0.5)]
    logits = random.normal(0, 1.5, (150, 4))
    truth = random.randint(0, 4, 150)
    logits[np.arange(150), truth] += 1
    soft = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    multiclass = [
        multiclass_case("four classes", soft, truth),
        multiclass_case("a class that never occurs", [[.5, .3, .2, 0], [.1, .8, .1, 0], [.2, .2, .6, 0]], [0, 1, 1]),
        multiclass_case("certain and wrong", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 0])]
    return {"versions": VERSIONS, "tolerance": 1e-12, "binary": binary, "multiclass": multiclass}


def exact_mcnemar(first, second):
    """(p, mid-p) from whole numbers: no rounding before the last division."""
    n, k = first + second, min(first, second)
    if first == second:
        return 1.0, 1.0
    term = tail = 1
    for i in range(1, k + 1):
        term = term * (n - i + 1) // i
        tail += term
    whole = 2 ** n
    return float(Fraction(2 * tail, whole)), float(Fraction(2 * tail - term, whole))


def decimal_log_factorial(n):
    """log(n!) to 40 digits and more for n >= 1e5: Stirling's series."""
    n = Decimal(n)
    series = sum((1 / (divisor * n ** power) for divisor, power in ((12, 1), (-360, 3), (1260, 5), (-1680, 7))),
                 Decimal(0))
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
    return n * n.ln() - n + (2 * pi * n).ln() / 2 + series


def decimal_mcnemar(first, second):
    """p with 50 digits for counts too large for whole numbers; SciPy 1.10 is off by 2e-8 at 1e9."""
    n, k = first + second, min(first, second)
    term = (decimal_log_factorial(n) - decimal_log_factorial(k) - decimal_log_factorial(n - k)
            - n * Decimal(2).ln()).exp()
    tail = term
    while k > 0 and term > tail * Decimal("1e-25"):
        term = term * k / (n - k + 1)
        tail += term
        k -= 1
    p_value = float(2 * tail)
    assert math.isclose(p_value, scipy.stats.binomtest(first, first + second).pvalue, rel_tol=1e-7)
    return p_value


def mcnemar():
    pairs = [(0, 0), (0, 1), (1, 0), (5, 0), (0, 6), (1, 7), (3, 12), (10, 10), (10, 11), (25, 40), (59, 121),
             (480, 520), (1, 999), (15, 700), (16, 700), (400, 600), (4900, 5100), (9900, 10100), (12000, 13000)]
    cases = []
    for first, second in pairs:
        p_value, mid_p = exact_mcnemar(first, second)
        if first + second > 0:
            reference = scipy.stats.binomtest(first, first + second).pvalue
            assert math.isclose(p_value, reference, rel_tol=1e-9), (first, second, p_value, reference)
        cases.append({"first": first, "second": second, "p": p_value, "mid_p": mid_p})
    large = [{"first": first, "second": second, "p": decimal_mcnemar(first, second)}
             for first, second in [(499000, 501000), (49990000, 50010000), (499960000, 500040000)]]
    return {"versions": VERSIONS, "tolerance": 1e-12, "cases": cases, "large_tolerance": 1e-11, "large": large}


def wilson():
    cases = []
    for successes, trials in [(0, 10), (10, 10), (1, 2), (7, 10), (820, 1000), (1, 100000), (0, 1)]:
        for confidence in (0.9, 0.95, 0.99):
            interval = scipy.stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
            cases.append({"successes": successes, "trials": trials, "confidence": confidence,
                          "low": float(interval.low), "high": float(interval.high)})
    quantiles = [{"confidence": c, "z": float(scipy.stats.norm.isf((1 - c) / 2))}
                 for c in (0.01, 0.5, 0.6827, 0.9, 0.95, 0.99, 0.999, 0.999999)]
    return {"versions": VERSIONS, "tolerance": 1e-12, "intervals": cases, "quantiles": quantiles}


def detectable():
    """Smallest |b - c| / n that reaches alpha with max(d, fewest) discordant items, by trying all splits."""
    cases = []
    for alpha in (0.01, 0.05, 0.1):
        fewest = next(m for m in range(1, 99) if Fraction(2, 2 ** m) <= Fraction(alpha))
        for discordant, count in [(0, 5), (0, 1000), (3, 1000), (6, 6), (7, 50), (20, 100), (83, 800), (400, 1000)]:
            used = max(discordant, fewest)
            value = None
            if used <= count:
                splits = [used - 2 * k for k in range(used // 2 + 1) if exact_mcnemar(k, used - k)[0] <= alpha]
                value = min(splits) / count
            cases.append({"alpha": alpha, "discordant": discordant, "count": count, "minimum": fewest,
                          "difference": value})
    return {"versions": VERSIONS, "tolerance": 1e-15, "cases": cases}


def main():
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, content in [("metrics", metrics()), ("mcnemar", mcnemar()), ("wilson", wilson()),
                          ("detectable", detectable())]:
        (GOLDEN / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print("versions:", VERSIONS)
    print("written to tests/golden/stats")


if __name__ == "__main__":
    main()
