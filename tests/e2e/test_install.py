"""What `cmake --install` puts in place works from there."""

import subprocess

from conftest import BIN_DIR, Program


def test_an_installed_program_finds_its_engine_and_brings_completions(tmp_path):
    prefix = tmp_path / "prefix"
    subprocess.run(["cmake", "--install", BIN_DIR.parent, "--prefix", prefix], check=True, capture_output=True)
    installed = Program(tmp_path)
    installed.path = prefix / "bin/animalctl"
    assert "Drew 4 images" in installed.ok("demo-data", "x", "--count", 4).stdout
    bash = prefix / "share/bash-completion/completions/animalctl"
    zsh = prefix / "share/zsh/vendor-completions/_animalctl"
    assert bash.read_text().startswith("# bash completion") and zsh.read_text().startswith("#compdef animalctl")
