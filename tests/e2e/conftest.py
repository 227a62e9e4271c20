"""Fixtures of the end-to-end tests: the built program, run in a fresh folder with a fixed environment."""

import os
import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
BIN_DIR = pathlib.Path(os.environ.get("ANIMALCTL_BIN_DIR", PROJECT / "build" / "release" / "bin"))

# A command that takes this long hangs.
LIMIT_SECONDS = 120


class Program:
    """Runs animalctl in one working folder; nothing of the caller's environment reaches it but PATH."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.path = BIN_DIR / "animalctl"
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}

    def run(self, *arguments, environment=None, **options):
        return subprocess.run(
            [str(self.path), *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
            capture_output=True,
            text="input" not in options or isinstance(options["input"], str),
            timeout=LIMIT_SECONDS,
            check=False,
            **options,
        )

    def ok(self, *arguments, **options):
        result = self.run(*arguments, **options)
        assert result.returncode == 0, result.stderr
        return result

    def start(self, *arguments):
        """Starts the program without waiting; the caller ends it by its own process id."""
        return subprocess.Popen(
            [str(self.path), *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory):
    """A workspace of 120 drawn images, split and with one trained model; tests must not change it."""
    program = Program(tmp_path_factory.mktemp("demo"))
    program.ok("demo-data", "data/cats_and_dogs", "--count", 120, "--seed", 1)
    program.ok("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv")
    program.ok("train", "data/train.csv", "data/val.csv", "--model-filename", "base_model", "--num-epochs", 2)
    return program


@pytest.fixture
def workspace(demo_workspace, tmp_path):
    """A copy of the demo workspace that a test may change."""
    import shutil

    shutil.copytree(demo_workspace.folder, tmp_path / "workspace", symlinks=True)
    return Program(tmp_path / "workspace")


def leftovers(folder):
    """Names of temporary files that a failed command left behind."""
    return [str(path) for path in pathlib.Path(folder).rglob(".animalctl-*")]
