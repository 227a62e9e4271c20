"""The benchmarks still run; what they measure is in docs/performance.md, not here."""

import json
import shutil
import subprocess

import pytest
from conftest import BIN_DIR, PROJECT


def test_train_speed_compares_with_python(demo_workspace):
    result = subprocess.run(
        ["/usr/bin/python3", PROJECT / "bench/train_speed.py", demo_workspace.folder / "data/cats_and_dogs", "--rounds", "1"],
        env={**demo_workspace.environment, "ANIMALCTL_BIN_DIR": str(BIN_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout.splitlines()[-1])
    assert [row["batch_size"] for row in rows] == [1, 1, 32, 32] and all(row["ratio"] > 0 for row in rows)


def test_loader_bench_measures_one_and_two_threads(demo_workspace):
    result = subprocess.run(
        [BIN_DIR / "loader_bench", "data/train.csv", "data/cats_and_dogs/annotations", "1"],
        cwd=demo_workspace.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["images"] == 96


def test_label_compare_lists_and_saves_beside_a_server_as_the_seeds(tmp_path):
    if shutil.which("node") is None:
        pytest.skip("Node.js is missing")
    result = subprocess.run(
        ["/usr/bin/python3", PROJECT / "bench/label/compare.py", BIN_DIR / "animalctl", "--frames", "400", "--rounds", "1",
         "--labels", "40", "--folder", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    ratio = json.loads(result.stdout)["ratio"]
    assert set(ratio) == {"filelist", "saves_1", "saves_32", "saves_128"} and all(value > 0 for value in ratio.values())
    assert list(tmp_path.iterdir()) == []
