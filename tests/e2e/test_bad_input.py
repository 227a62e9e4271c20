"""Every kind of bad input has its message and exit code, and leaves nothing half-written."""

import os
import pathlib
import subprocess

import pytest
from conftest import leftovers

CSV = ("data/train.csv", "data/val.csv")
MODELS = pathlib.Path("models/cats_and_dogs")


def train(workspace, *arguments, **options):
    return workspace.run("train", *CSV, "--model-filename", "new", *arguments, **options)


def assert_refused(result, code, *parts):
    assert result.returncode == code, result.stderr
    for part in parts:
        assert part in result.stderr
    assert "terminate called" not in result.stderr and "Exception raised from" not in result.stderr


def assert_nothing_written(workspace):
    assert not leftovers(workspace.folder)
    assert not list((workspace.folder / MODELS).glob("new*"))


@pytest.mark.parametrize(
    "content, parts",
    [
        (None, ["train.csv", "No such file"]),
        (b"", ["train.csv"]),
        (b"name\na.png\n", ["train.csv", "frame_filename"]),
        (b'frame_filename\n"a.png\n', ["train.csv"]),
        (b"\x00\x01\x02\xff", ["train.csv"]),
        (b"frame_filename\n", ["has no rows"]),
        (b"frame_filename\nnone.png\nnothing.png\n", ["none of the 2 frames", "dataset-check"]),
    ],
    ids=["missing", "empty", "no header", "open quote", "binary", "no rows", "frames gone"],
)
def test_snapshots_that_cannot_be_used(workspace, content, parts):
    path = workspace.folder / "data/train.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert_refused(train(workspace), 3, *parts)
    assert_nothing_written(workspace)


def test_a_row_whose_file_is_gone_is_skipped_and_counted_or_stops_with_strict(workspace):
    rows = (workspace.folder / "data/train.csv").read_text().splitlines()
    (workspace.folder / rows[1]).unlink()
    strict = train(workspace, "--strict")
    assert_refused(strict, 3, pathlib.Path(rows[1]).name)
    assert_nothing_written(workspace)
    result = train(workspace)
    assert result.returncode == 0 and "skipped" in result.stderr and pathlib.Path(rows[1]).name in result.stderr


@pytest.mark.parametrize(
    "annotation, part",
    [("{not json", "not JSON"), ("{}", "label"), ('{"label": "COW"}', "COW"), ('{"label": 3}', "label"), ("[]", "")],
)
def test_annotations_that_cannot_be_used(workspace, annotation, part):
    frame = pathlib.Path((workspace.folder / "data/train.csv").read_text().splitlines()[1])
    path = workspace.folder / "data/cats_and_dogs/annotations" / (frame.stem + ".json")
    path.write_text(annotation)
    assert_refused(train(workspace, "--strict"), 3, path.name, part)
    result = train(workspace)
    assert result.returncode == 0 and "skipped" in result.stderr


def test_one_class_only(workspace):
    rows = (workspace.folder / "data/train.csv").read_text().splitlines()
    cats = [row for row in rows[1:] if "/cat." in row]
    (workspace.folder / "data/train.csv").write_text("\n".join(["frame_filename", *cats]) + "\n")
    assert_refused(train(workspace), 3, "has no DOG")
    assert_nothing_written(workspace)


@pytest.mark.parametrize("fractions, code", [((0.7, 0.2, 0.1), 0), ((0.8, 0.1, 0.2), 2), ((1.5, -0.4, -0.1), 2), (("nan", 0.5, 0.5), 2)])
def test_fractions(workspace, fractions, code):
    before = (workspace.folder / "data/train.csv").read_bytes()
    flags = [part for pair in zip(("--train-frac", "--val-frac", "--test-frac"), fractions) for part in pair]
    result = workspace.run("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv", *flags)
    assert result.returncode == code, result.stderr
    if code:
        assert (workspace.folder / "data/train.csv").read_bytes() == before
    assert not leftovers(workspace.folder)


def broken_models(folder):
    import torch

    good = (folder / "base_model.pth").read_bytes()
    (folder / "truncated.pth").write_bytes(good[: len(good) // 2])
    (folder / "empty.pth").write_bytes(b"")
    (folder / "text.pth").write_text("this is no model")
    torch.save({"conv1.weight": torch.zeros(3)}, folder / "other.pth")
    torch.save(torch.nn.Linear(256, 1), folder / "module.pth")
    torch.save({"fc1.weight": torch.zeros(1, 256)}, folder / "legacy.pth", _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("name", ["truncated", "empty", "text", "other", "module", "legacy"])
@pytest.mark.parametrize("command", [["validate", "MODEL", "data/test.csv", "--min-f1", "0"], ["infer", "cat.0.png", "MODEL"]])
def test_model_files_that_are_no_models(workspace, name, command):
    broken_models(workspace.folder / MODELS)
    result = workspace.run(*[name if word == "MODEL" else word for word in command])
    assert_refused(result, 3, f"{name}.pth")


def test_a_folder_that_cannot_be_written(workspace):
    (workspace.folder / "file").write_text("in the way")
    for arguments in (["--model-dir", "file/models"], ["--model-dir", "/proc/models"]):
        result = workspace.run("train", *CSV, "--model-filename", "new", *arguments)
        assert_refused(result, 3, "cannot create the folder")
    result = workspace.run("dataset-split", "file/train.csv", "data/val.csv", "data/test.csv")
    assert_refused(result, 3, "file")


def test_a_full_disk_leaves_the_old_models_and_nothing_half_written(workspace):
    """A file system of 32 KiB, in a mount namespace of its own, so that nothing outlives the test."""
    script = f"""
      mount -t tmpfs -o size=32k tmpfs {workspace.folder / MODELS} || exit 77
      head -c 32768 /dev/zero > {workspace.folder / MODELS}/ballast 2>/dev/null
      {workspace.path} train {CSV[0]} {CSV[1]} --model-filename new
      code=$?
      ls -A {workspace.folder / MODELS}
      exit $code
    """
    result = subprocess.run(
        ["unshare", "-m", "bash", "-c", script], cwd=workspace.folder, env=workspace.environment, capture_output=True, text=True, check=False
    )
    if os.geteuid() != 0 or result.returncode in (1, 77):
        pytest.skip("mounting needs root")
    assert_refused(result, 5, "No space left on device", "free some space")
    assert result.stdout.split() == ["ballast"]


def test_a_full_disk_costs_the_cache_but_not_the_run(workspace):
    script = f"""
      mkdir -p {workspace.folder}/small && mount -t tmpfs -o size=4k tmpfs {workspace.folder}/small || exit 77
      {workspace.path} train {CSV[0]} {CSV[1]} --model-filename new --cache-dir small
    """
    result = subprocess.run(
        ["unshare", "-m", "bash", "-c", script], cwd=workspace.folder, env=workspace.environment, capture_output=True, text=True, check=False
    )
    if os.geteuid() != 0 or result.returncode in (1, 77):
        pytest.skip("mounting needs root")
    assert result.returncode == 0, result.stderr
    assert "not kept for the next run" in result.stderr


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(workspace):
    import torch

    settings = ["--optimizer", "sgd", "--model-filename", "new", "--num-epochs", 1]
    workspace.ok("train", *CSV, *settings)
    before = (workspace.folder / MODELS / "new_latest.pth").read_bytes()
    # An infinite weight makes the next loss NaN, as an overflow would.
    path = workspace.folder / MODELS / "new_latest.pth"
    checkpoint = torch.load(path)
    checkpoint["model_state_dict"]["fc1.weight"][0, 0] = float("nan")
    torch.save(checkpoint, path)
    poisoned = path.read_bytes()
    result = workspace.run("train", *CSV, *settings[:-1], 3, "--resume")
    assert_refused(result, 3, "the training loss became nan at epoch 2", "--lr")
    assert path.read_bytes() == poisoned != before


def test_resume_needs_a_name_and_a_checkpoint(workspace):
    assert_refused(workspace.run("train", *CSV, "--resume"), 2, "--model-filename")
    assert_refused(train(workspace, "--resume"), 3, "new_latest.pth")
    workspace.ok("train", *CSV, "--model-filename", "new", "--num-epochs", 1)
    assert_refused(train(workspace, "--resume", "--lr", 0.5), 3, "--lr was 0.0003, now it is 0.5")


def test_cuda_where_there_is_none(workspace):
    result = train(workspace, "--device", "cuda")
    if result.returncode == 0:
        pytest.skip("this machine has CUDA")
    assert_refused(result, 5, "no CUDA device", "--device cpu")


def test_demo_data_does_not_mix_into_existing_frames(workspace):
    result = workspace.run("demo-data", "data/cats_and_dogs", "--count", 4)
    assert_refused(result, 3, "is not empty")
    assert workspace.run("demo-data", "x", "--count", 1).returncode == 2
