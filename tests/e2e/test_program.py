"""The program as a whole: help, versions, unknown words, settings, completion."""

import os
import pty
import re
import resource
import subprocess

import pytest

COMMANDS = [
    "demo-data", "dataset-import", "dataset-check", "dataset-split", "train", "evaluate", "validate", "infer",
    "report", "export", "archive", "serve", "label-server", "weights", "loadtest", "completion",
]
SEED_NAMES = {"training": "train", "evaluation": "evaluate", "validation": "validate", "inference": "infer"}


def test_help_names_every_command(program):
    text = program.ok("--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^\s+{name}\b", text, re.MULTILINE), name
    assert "Exit codes" in text


@pytest.mark.parametrize("name", COMMANDS + list(SEED_NAMES))
def test_every_command_has_help_and_accepts_its_seed_name(program, name):
    result = program.ok(name, "--help")
    assert "Usage" in result.stdout and result.stderr == ""


def test_help_is_quick_and_loads_neither_libtorch_nor_opencv(program):
    """CPU time of the child, so that a busy machine does not matter; mapped libraries by the loader's own word."""
    for arguments in (["--help"], ["train", "--help"]):
        best = min(cpu_seconds(program, arguments) for _ in range(5))
        # The bound is 20 ms; sanitizer builds and slow machines get four times as much before this fails.
        assert best < 0.08
        traced = program.run(*arguments, environment={"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(program.folder / "ld")})
        assert traced.returncode == 0
        loaded = "".join(path.read_text() for path in program.folder.glob("ld.*"))
        assert "torch" not in loaded and "opencv" not in loaded


def cpu_seconds(program, arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program.ok(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_version_names_the_libraries(program):
    text = program.ok("--version").stdout
    assert re.search(r"animalctl \d+\.\d+\.\d+", text)
    assert re.search(r"LibTorch \d+\.\d+", text) and re.search(r"OpenCV 4\.\d+", text)


def test_no_command_shows_the_help_and_fails(program):
    result = program.run()
    assert result.returncode == 2 and "dataset-split" in result.stderr and result.stdout == ""


@pytest.mark.parametrize("word, meant", [("trian", "train"), ("datset-split", "dataset-split"), ("evalute", "evaluate")])
def test_a_misspelt_command_gets_a_suggestion(program, word, meant):
    result = program.run(word)
    assert result.returncode == 2 and f'did you mean "{meant}"?' in result.stderr


def test_an_unknown_flag_is_a_usage_error(program):
    result = program.run("train", "a.csv", "b.csv", "--learning-rate", "1")
    assert result.returncode == 2 and "--learning-rate" in result.stderr and "animalctl train --help" in result.stderr


@pytest.mark.parametrize(
    "flag, value, needed",
    [
        ("--lr", "nan", "a number above 0"),
        ("--lr", "-1", "a number above 0"),
        ("--weight-decay", "inf", "a number of at least 0"),
        ("--batch-size", "-4", "a whole number from 1"),
        ("--batch-size", "2.5", "a whole number from 1"),
        ("--num-epochs", "0", "a whole number from 1"),
        ("--image-size", "-16", "a whole number from 1"),
        ("--threads", "-1", "a whole number from 0"),
        ("--optimizer", "lion", "sgd, adam, adamw"),
        ("--schedule", "step", "constant, cosine"),
        ("--augment", "wild", "none, light, strong, crop"),
        ("--mix", "2", "a number from 0 to 1"),
        ("--validate-every", "0", "a whole number from 1"),
        ("--device", "tpu", "auto, cpu, cuda"),
        ("--seed", "-1", "a whole number from 0"),
    ],
)
def test_values_out_of_range_say_what_is_accepted(program, flag, value, needed):
    result = program.run("train", "a.csv", "b.csv", flag, value)
    assert result.returncode == 2
    assert needed in result.stderr and flag in result.stderr


def test_settings_come_from_flags_environment_file_and_defaults_in_this_order(program):
    (program.folder / ".env").write_text("NUM_EPOCHS=7\nLEARNING_RATE=0.5\n")
    (program.folder / "settings.toml").write_text("[train]\nnum-epochs = 9\nbatch-size = 32\n")
    result = program.ok(
        "train", "a.csv", "b.csv", "--config", "settings.toml", "--print-config", "--seed", "3", environment={"ANIMALCTL_LR": "0.25"}
    )
    lines = result.stdout.splitlines()
    assert "lr = 0.25  # environment ANIMALCTL_LR" in lines
    assert "num-epochs = 7  # .env NUM_EPOCHS" in lines
    assert "batch-size = 32  # settings.toml" in lines
    assert "seed = 3  # command line" in lines
    assert "weight-decay = 0  # default" in lines


def test_a_settings_file_with_an_unknown_key_is_refused(program):
    (program.folder / "settings.toml").write_text("[train]\nnum-epoch = 9\n")
    result = program.run("train", "a.csv", "b.csv", "--config", "settings.toml")
    assert result.returncode == 2 and 'did you mean "num-epochs"?' in result.stderr


def test_a_missing_settings_file_is_named(program):
    result = program.run("train", "a.csv", "b.csv", "--config", "none.toml")
    assert result.returncode == 3 and "none.toml" in result.stderr


def test_json_logs_are_one_object_a_line(demo_workspace):
    import json

    result = demo_workspace.run("infer", "gone.png", "base_model", "--log-format", "json")
    assert result.returncode == 3
    assert json.loads(result.stderr.splitlines()[0])["level"] == "error"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_scripts_are_accepted_by_their_shell(program, shell):
    script = program.ok("completion", shell).stdout
    assert "dataset-split" in script and "--num-epochs" in script
    (program.folder / "script").write_text(script)
    subprocess.run([shell, "-n", str(program.folder / "script")], check=True)


def test_bash_completes_commands_and_flags(program):
    script = program.ok("completion", "bash").stdout
    (program.folder / "script").write_text(script)
    probe = (
        "source ./script; COMP_WORDS=(animalctl da); COMP_CWORD=1; _animalctl; echo ${COMPREPLY[@]};"
        "COMP_WORDS=(animalctl train --num); COMP_CWORD=2; _animalctl; echo ${COMPREPLY[@]}"
    )
    lines = subprocess.run(
        ["bash", "-c", probe], cwd=program.folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines == ["dataset-import dataset-check dataset-split", "--num-epochs"]


def test_a_missing_engine_is_explained(program):
    result = program.run("infer", "a.png", "m", environment={"ANIMALCTL_ENGINE": "/nonexistent/engine.so"})
    assert result.returncode == 3  # the model is looked for first
    result = program.run("demo-data", "x", environment={"ANIMALCTL_ENGINE": "/nonexistent/engine.so"})
    assert result.returncode == 5 and "/nonexistent/engine.so" in result.stderr


def test_a_full_disk_behind_standard_output_is_an_error(program):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [program.path, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=program.folder, check=False
        )
    assert result.returncode == 5 and "standard output" in result.stderr


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(workspace):
    arguments = [str(workspace.path), "demo-data", "more", "--count", "400"]
    controller, terminal = pty.openpty()
    process = subprocess.Popen(arguments, cwd=workspace.folder, env=workspace.environment, stderr=terminal, stdout=subprocess.PIPE)
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.communicate()
    assert process.returncode == 0
    assert b"drawing [" in shown and shown.endswith(b"\r\x1b[2K")
    assert "[" not in workspace.ok("demo-data", "again", "--count", 10).stderr


