"""Fixtures of the tests in a browser: the pages' server and Chromium, driven by Playwright from Node.js."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
BIN_DIR = pathlib.Path(os.environ.get("ANIMALCTL_BIN_DIR", PROJECT / "build" / "release" / "bin"))
LIMIT_SECONDS = 90


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is missing: scripts/install-packages.sh --test installs it")
    if shutil.which("node") is None or not (PROJECT / "web/node_modules/playwright-core").is_dir():
        pytest.skip("Node.js or the packages of web/ are missing: build with ANIMALCTL_WITH_WEB=ON")
    return path


@pytest.fixture
def page_server(tmp_path):
    """The address of a prediction API over fake models."""
    program = BIN_DIR / "animalctl_page_server"
    if not program.is_file():
        pytest.skip("animalctl_page_server is missing: build with ANIMALCTL_WITH_WEB=ON")
    config = {"traffic": 1.0, "current_version": 2, "previous_version": 1}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    process = subprocess.Popen([str(program), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        assert process.wait(timeout=LIMIT_SECONDS) == 0


@pytest.fixture
def in_browser(chromium, tmp_path):
    """Runs one of the .mjs files here: in_browser("page.mjs", address) → what it printed as JSON."""

    def run(script, *arguments):
        shots = pathlib.Path(os.environ.get("ANIMALCTL_SCREENSHOTS", tmp_path / "shots"))
        shots.mkdir(parents=True, exist_ok=True)
        result = subprocess.run(
            ["node", str(HERE / script), *arguments],
            env={**os.environ, "CHROMIUM": chromium, "SHOTS": str(shots), "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)

    return run
