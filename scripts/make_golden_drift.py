#!/usr/bin/env python3
"""Writes tests/golden/stats/drift.json: reference numbers for drift, bootstrap and sequential tests.

Run by hand with Debian's python3-numpy and python3-scipy; the output is committed. What SciPy has comes from SciPy,
the rest is computed here in another way than in the C++ code (exact integers, pair by pair, numerical integration).
"""
import json
import math
import pathlib
import platform
from fractions import Fraction

import numpy as np
import scipy
import scipy.integrate
import scipy.spatial.distance
import scipy.stats

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "stats" / "drift.json"
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
SMALLEST_SHARE = 1e-4


def samples(random):
    """Pairs of samples: equal, shifted, tied, of very different sizes, constant."""
    yield random.normal(size=40), random.normal(size=40)
    yield random.normal(size=40), random.normal(0.8, 1.3, size=25)
    yield random.randint(0, 6, size=60).astype(float), random.randint(1, 7, size=33).astype(float)
    yield random.beta(2, 5, size=300), random.beta(2.2, 5, size=200)
    yield random.normal(size=7), random.normal(5, 1, size=500)
    yield np.array([3.0]), np.array([3.0, 4.0])
    yield np.array([2.0, 2.0, 2.0]), np.array([2.0, 2.0])


def path_tail(m, n, steps):
    """Exact share of lattice paths that reach |i n - j m| / gcd >= steps; whole numbers throughout."""
    divisor = math.gcd(m, n)
    inside = [0] * (n + 1)
    for i in range(m + 1):
        for j in range(n + 1):
            if abs(i * n - j * m) >= steps * divisor:
                inside[j] = 0
            elif i == 0 and j == 0:
                inside[j] = 1
            else:
                inside[j] = (inside[j] if i else 0) + (inside[j - 1] if j else 0)
    total = math.comb(m + n, n)
    return float(Fraction(total - inside[n], total))


def two_samples(random):
    cases = []
    for first, second in samples(random):
        exact = scipy.stats.ks_2samp(first, second, method="exact")
        asymptotic = scipy.stats.ks_2samp(first, second, method="asymp")
        m, n = len(first), len(second)
        steps = round(exact.statistic * (m * n // math.gcd(m, n)))
        cases.append({"first": first.tolist(), "second": second.tolist(), "statistic": float(exact.statistic),
                      "exact": float(exact.pvalue), "asymptotic": float(asymptotic.pvalue),
                      "counted": path_tail(m, n, steps),
                      "wasserstein": float(scipy.stats.wasserstein_distance(first, second)),
                      "deciles": np.unique(np.percentile(first, np.arange(10, 100, 10))).tolist()})
    return cases


def one_sample_tails():
    """The distribution behind the asymptotic p, where each of its parts is used."""
    return [{"n": n, "d": d, "tail": float(scipy.stats.kstwo.sf(d, n))}
            for n in (20000, 150000, 1000000) for d in (0.4 / n ** 0.5, 0.8 / n ** 0.5, 1.2 / n ** 0.5,
                                                        1.6 / n ** 0.5, 4 / n ** 0.5)]


def counts(random):
    cases = []
    tables = [([10, 20, 30], [12, 18, 33]), ([100, 0, 5], [90, 12, 4]), ([5, 5], [0, 10]), ([1, 0], [0, 1]),
              (random.multinomial(5000, [0.1] * 10).tolist(), random.multinomial(700, [0.1] * 10).tolist()),
              ([10 ** 6, 2 * 10 ** 6], [3 * 10 ** 6, 4 * 10 ** 6])]
    for reference, current in tables:
        p, q = np.array(reference) / sum(reference), np.array(current) / sum(current)
        raised_p, raised_q = np.maximum(p, SMALLEST_SHARE), np.maximum(q, SMALLEST_SHARE)
        cases.append({"reference": reference, "current": current,
                      "psi": math.fsum((raised_q - raised_p) * np.log(raised_q / raised_p)),
                      "jensen_shannon": float(scipy.spatial.distance.jensenshannon(p, q))})
    return cases


def contingency(random):
    cases = []
    tables = [np.array([[10, 20, 30], [12, 18, 33]]), np.array([[1, 9], [8, 2]]),
              random.multinomial(4000, [1 / 30] * 30, size=2), random.randint(1, 50, size=(4, 5)),
              np.array([[900, 100], [500, 500]]), np.array([[10 ** 6, 2 * 10 ** 6], [1000500, 2000000]])]
    for table in tables:
        result = scipy.stats.chi2_contingency(table, correction=False)
        cases.append({"rows": table.shape[0], "columns": table.shape[1], "counts": table.ravel().tolist(),
                      "statistic": float(result.statistic), "freedom": int(result.dof),
                      "p": float(result.pvalue), "smallest_expected": float(result.expected_freq.min())})
    return cases


def chi_square_tails():
    return [{"x": x, "freedom": freedom, "tail": float(scipy.stats.chi2.sf(x, freedom))}
            for freedom in (1, 2, 3, 10, 99, 1000)
            for x in (0.0, 0.01, 0.9 * freedom, 1.2 * freedom, 3.0 * freedom, freedom + 300.0)]


def mmd(random):
    cases = []
    for n, m, dimensions, shift in [(12, 9, 3, 0.0), (20, 31, 8, 0.7), (5, 5, 1, 3.0)]:
        x = random.normal(size=(n, dimensions)).astype(np.float32)
        y = (random.normal(size=(m, dimensions)) + shift).astype(np.float32)
        both = np.concatenate([x, y]).astype(np.float64)
        distances = np.array([[math.fsum((a - b) ** 2) for b in both] for a in both])
        pairs = sorted(distances[i, j] for i in range(n + m) for j in range(i))
        bandwidth = pairs[(len(pairs) - 1) // 2]
        kernel = np.exp(-distances / bandwidth)
        within_x = math.fsum(kernel[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
        within_y = math.fsum(kernel[i, j] for i in range(n, n + m) for j in range(n, n + m) if i != j) / (m * (m - 1))
        between = math.fsum(kernel[i, j] for i in range(n) for j in range(n, n + m)) / (n * m)
        cases.append({"dimensions": dimensions, "reference": x.ravel().astype(float).tolist(),
                      "current": y.ravel().astype(float).tolist(), "bandwidth": float(bandwidth),
                      "mmd2": within_x + within_y - 2 * between})
    return cases


def bootstrap(random):
    base = random.gamma(2.0, size=30)
    test = base * random.uniform(0.6, 1.2, size=30)

    def ratio(a, b, axis=-1):
        return np.mean(b, axis=axis) / np.mean(a, axis=axis)

    cases = []
    for confidence in (0.9, 0.95):
        results = {method: scipy.stats.bootstrap((base, test), ratio, paired=True, n_resamples=300, method=method,
                                                 confidence_level=confidence, vectorized=True,
                                                 random_state=np.random.RandomState(7))
                   for method in ("BCa", "percentile")}
        resampled = results["BCa"].bootstrap_distribution
        assert np.array_equal(resampled, results["percentile"].bootstrap_distribution)
        jackknife = [ratio(np.delete(base, i), np.delete(test, i)) for i in range(len(base))]
        cases.append({"confidence": confidence, "observed": float(ratio(base, test)),
                      "resampled": resampled.tolist(), "jackknife": [float(value) for value in jackknife],
                      **{method: [float(end) for end in result.confidence_interval]
                         for method, result in results.items()}})
    # Enough resamples that the random numbers hardly matter.
    large = scipy.stats.bootstrap((base, test), ratio, paired=True, n_resamples=200000, method="BCa", batch=1000,
                                  vectorized=True, random_state=np.random.RandomState(8))
    difference = scipy.stats.bootstrap((base, test), lambda a, b, axis=-1: np.mean(b - a, axis=axis), paired=True,
                                       n_resamples=200000, method="BCa", batch=1000, vectorized=True,
                                       random_state=np.random.RandomState(9))
    return {"arithmetic": cases, "base": base.tolist(), "test": test.tolist(),
            "ratio": [float(end) for end in large.confidence_interval], "ratio_error": float(large.standard_error),
            "difference": [float(end) for end in difference.confidence_interval],
            "difference_error": float(difference.standard_error)}


def sequential():
    """The mixture's likelihood ratio by numerical integration instead of the closed form."""
    cases = []
    for difference, variance, tau in [(0.0, 0.01, 0.05), (0.1, 0.001, 0.05), (-0.3, 0.01, 0.2), (2.0, 0.5, 1.0)]:
        def integrand(theta):
            return (math.exp((2 * difference * theta - theta * theta) / (2 * variance)) *
                    math.exp(-theta * theta / (2 * tau * tau)) / (tau * math.sqrt(2 * math.pi)))
        center = difference * tau ** 2 / (variance + tau ** 2)
        spread = math.sqrt(variance * tau ** 2 / (variance + tau ** 2))
        ratio = scipy.integrate.quad(integrand, center - 12 * spread, center + 12 * spread, epsabs=0, epsrel=1e-13,
                                     limit=200)[0]
        cases.append({"difference": difference, "variance": variance, "tau": tau, "log_ratio": math.log(ratio)})
    return cases


def performance(random):
    """Expected confusion by adding up the two possible truths of every item."""
    scores = random.beta(0.6, 0.8, size=80).astype(np.float32)
    cases = []
    for threshold in (0.5, 0.7):
        exact = [Fraction(float(score)) for score in scores]
        true_positive = sum((s for s in exact if s >= threshold), Fraction(0))
        false_positive = sum((1 - s for s in exact if s >= threshold), Fraction(0))
        false_negative = sum((s for s in exact if s < threshold), Fraction(0))
        true_negative = sum((1 - s for s in exact if s < threshold), Fraction(0))
        deviation = math.sqrt(sum(s * (1 - s) for s in exact)) / len(exact)
        accuracy = (true_positive + true_negative) / len(exact)
        half = float(scipy.stats.norm.isf(0.025)) * deviation
        cases.append({"threshold": threshold, "accuracy": float(accuracy),
                      "interval": [max(0.0, float(accuracy) - half), min(1.0, float(accuracy) + half)],
                      "precision": float(true_positive / (true_positive + false_positive)),
                      "recall": float(true_positive / (true_positive + false_negative)),
                      "f1": float(2 * true_positive / (2 * true_positive + false_positive + false_negative))})
    return {"scores": [float(score) for score in scores], "cases": cases}


def agreement():
    cases = []
    for table in ([[20, 5], [10, 15]], [[3, 0, 1], [2, 7, 0], [0, 1, 9]], [[0, 4], [6, 0]]):
        total = sum(map(sum, table))
        observed = Fraction(sum(table[i][i] for i in range(len(table))), total)
        chance = sum(Fraction(sum(table[i]), total) * Fraction(sum(row[i] for row in table), total)
                     for i in range(len(table)))
        cases.append({"table": table, "kappa": float((observed - chance) / (1 - chance))})
    return cases


def persistence():
    return [{"needed": k, "windows": n, "alpha": alpha, "rate": float(scipy.stats.binom.sf(k - 1, n, alpha))}
            for k, n, alpha in [(2, 3, 0.05), (1, 1, 0.05), (3, 5, 0.01), (5, 5, 0.5), (1, 24, 0.001)]]


def main():
    random = np.random.RandomState(20)
    content = {"versions": VERSIONS, "two_samples": two_samples(random), "one_sample_tails": one_sample_tails(),
               "counts": counts(random), "contingency": contingency(random), "chi_square_tails": chi_square_tails(),
               "mmd": mmd(random), "bootstrap": bootstrap(random), "sequential": sequential(),
               "performance": performance(random), "agreement": agreement(), "persistence": persistence()}
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print("versions:", VERSIONS)
    print("written to tests/golden/stats/drift.json")


if __name__ == "__main__":
    main()
