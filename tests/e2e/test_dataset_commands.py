"""dataset-split and dataset-import as a user runs them: exit codes, lines, files."""

import json
import os
import pathlib

import cv2
import pytest

from dataset_workspace import SPLIT, animalctl, draw, workspace  # noqa: F401 (fixtures)


# --- dataset-split ---------------------------------------------------------------------------------


def test_split_prints_the_seed_lines_and_writes_exact_snapshots(animalctl, workspace):
    workspace.add_many(20)
    result = animalctl(*SPLIT)
    assert result.stdout == (
        "Dataset stored to data/train.csv\nDataset stored to data/val.csv\nDataset stored to data/test.csv\n")
    assert "train 32 (CAT 16, DOG 16); val 4 (CAT 2, DOG 2); test 4 (CAT 2, DOG 2)" in result.stderr
    assert [len(workspace.rows(part)) for part in ("train", "val", "test")] == [32, 4, 4]
    assert workspace.rows("train")[0].startswith("data/cats_and_dogs/frames/cat.")
    assert len(workspace.parts()) == 40
    assert not workspace.hidden()


def test_split_is_repeatable_and_the_seed_matters(animalctl, workspace):
    workspace.add_many(20)
    animalctl(*SPLIT)
    first = workspace.parts()
    animalctl(*SPLIT, "--seed", 0)
    assert workspace.parts() == first
    animalctl(*SPLIT, "--seed", 1)
    assert workspace.parts() != first


def test_split_accepts_fractions_that_add_up_in_decimal(animalctl, workspace):
    workspace.add_many(10)
    animalctl(*SPLIT, "--train-frac", 0.7, "--val-frac", 0.2, "--test-frac", 0.1)
    assert [len(workspace.rows(part)) for part in ("train", "val", "test")] == [14, 4, 2]


@pytest.mark.parametrize("arguments, message", [
    (("--train-frac", "0.9"), "add up to 1.1"),
    (("--train-frac", "-1"), "from 0 to 1"),
    (("--train-frac", "nan"), "from 0 to 1"),
    (("--seed", "x"), "whole number"),
    (("--classes", "cat"), "at least two"),
    (("--threads", "-3"), "whole number"),
])
def test_split_refuses_bad_settings_with_exit_2(animalctl, workspace, arguments, message):
    workspace.add_many(5)
    assert message in animalctl(*SPLIT, *arguments, code=2).stderr
    assert not (workspace.root / "data/train.csv").exists()


def test_split_refuses_one_file_for_two_parts(animalctl, workspace):
    workspace.add_many(5)
    result = animalctl("dataset-split", "data/a.csv", "data/b.csv", "data/../data/a.csv", code=2)
    assert "are the same file" in result.stderr


def test_split_counts_frames_it_leaves_out(animalctl, workspace):
    workspace.add_many(10)
    workspace.add("new.png", "", 900)
    workspace.add("cow.png", "COW", 901)
    workspace.add("bad.png", "CAT", 902)
    (workspace.annotations / "bad.json").write_text("{")
    stderr = animalctl(*SPLIT).stderr
    assert "left out, no label: 1 (new.png)" in stderr
    assert "left out, garbled annotation: 1 (bad.png)" in stderr
    assert "left out, label not among the classes: 1 (cow.png)" in stderr
    assert len(workspace.parts()) == 20
    assert "bad.json" in animalctl(*SPLIT, "--strict", code=3).stderr


def test_split_without_frames_or_labels_says_what_to_do(animalctl, workspace):
    assert "dataset-import" in animalctl(*SPLIT, code=3).stderr
    workspace.add("a.png", "", 1)
    assert "label some frames" in animalctl(*SPLIT, code=3).stderr
    assert "--frames-dir" in animalctl(*SPLIT, "--frames-dir", "none", code=3).stderr
    assert "--annotations-dir" in animalctl(*SPLIT, "--annotations-dir", "none", code=3).stderr
    assert not list((workspace.root / "data").glob("*.csv"))


def test_split_of_one_class_works(animalctl, workspace):
    for i in range(10):
        workspace.add(f"cat.{i}.png", "cat", i)
    animalctl(*SPLIT)
    assert len(workspace.rows("train")) == 8


def test_split_writes_nothing_when_one_file_cannot_be_written(animalctl, workspace):
    workspace.add_many(5)
    (workspace.root / "data/train.csv").write_text("old")
    (workspace.root / "blocked").write_text("a file")
    animalctl("dataset-split", "data/train.csv", "data/val.csv", "blocked/test.csv", code=(2, 3))
    assert (workspace.root / "data/train.csv").read_text() == "old"
    assert not (workspace.root / "data/val.csv").exists()
    assert not workspace.hidden()


def test_stable_split_never_moves_an_image(animalctl, workspace):
    workspace.add_many(30)
    animalctl(*SPLIT, "--stable")
    before = workspace.parts()
    assert len(before) == 60
    workspace.add_many(20, first=30)
    animalctl(*SPLIT, "--stable")
    after = workspace.parts()
    assert len(after) == 100
    assert all(after[row] == part for row, part in before.items())
    ledger = (workspace.root / "data/stable_split.csv").read_text().splitlines()
    assert ledger[0].startswith("# animalctl stable split 1 train=0.8 val=0.1 test=0.1 seed=0 distance=")
    assert len(ledger) == 102


def test_stable_split_keeps_a_resaved_picture_on_its_side(animalctl, workspace):
    workspace.add_many(10)
    animalctl(*SPLIT, "--stable")
    for i in range(10):
        image = cv2.imread(str(workspace.frames / f"cat.{i}.png"))
        cv2.imwrite(str(workspace.frames / f"copy.{i}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 80])
        workspace.label(f"copy.{i}.jpg", "CAT")
    animalctl(*SPLIT, "--stable")
    parts = workspace.parts()
    folder = "data/cats_and_dogs/frames/"
    assert all(parts[f"{folder}copy.{i}.jpg"] == parts[f"{folder}cat.{i}.png"] for i in range(10))


def test_stable_split_refuses_other_settings_and_a_garbled_ledger(animalctl, workspace):
    workspace.add_many(5)
    animalctl(*SPLIT, "--stable")
    stderr = animalctl(*SPLIT, "--stable", "--seed", 3, code=3).stderr
    assert "seed=0" in stderr and "seed=3" in stderr and "delete it" in stderr
    (workspace.root / "data/stable_split.csv").write_text("garbled\n")
    assert "stable_split.csv line 1" in animalctl(*SPLIT, "--stable", code=3).stderr


def test_stable_split_leaves_undecodable_images_out(animalctl, workspace):
    workspace.add_many(5)
    (workspace.frames / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    workspace.label("broken.png", "CAT")
    assert "left out, undecodable image: 1 (broken.png)" in animalctl(*SPLIT, "--stable").stderr
    assert len(workspace.parts()) == 10


# --- dataset-import --------------------------------------------------------------------------------


def test_import_from_class_folders_counts_everything(animalctl, tmp_path):
    for i in range(3):
        draw(tmp_path / f"PetImages/Cats/{i}.png", i)
        draw(tmp_path / f"PetImages/dog/{i}.jpg", 100 + i)
    (tmp_path / "PetImages/dog/empty.jpg").write_bytes(b"")
    (tmp_path / "PetImages/dog/Thumbs.db").write_bytes(b"no image here")
    draw(tmp_path / "PetImages/horse/1.png", 50)
    result = animalctl("dataset-import", "PetImages")
    lines = result.stdout.splitlines()
    assert lines[0] == "Imported 6 frames (cat: 3, dog: 3) into data/cats_and_dogs/frames"
    assert "Skipped 1: empty file (dog/empty.jpg)" in lines
    assert "Skipped 1: not an image (dog/Thumbs.db)" in lines
    assert "Skipped 1: unknown label (horse/1.png)" in lines
    names = sorted(path.name for path in (tmp_path / "data/cats_and_dogs/frames").iterdir())
    assert names == ["0-1.jpg", "0.png", "1-1.jpg", "1.png", "2-1.jpg", "2.png"]
    text = (tmp_path / "data/cats_and_dogs/annotations/0-1.json").read_text()
    assert text == '{"label": "DOG", "source": "manual", "score": null, "version": null}'


def test_import_twice_changes_nothing(animalctl, tmp_path):
    draw(tmp_path / "src/cat.1.png", 1)
    draw(tmp_path / "src/dog.1.png", 2)
    animalctl("dataset-import", "src")
    before = sorted(path.name for path in tmp_path.glob("data/cats_and_dogs/*/*"))
    result = animalctl("dataset-import", "src")
    assert "Imported 0 frames" in result.stdout
    assert "Skipped 2: already imported" in result.stdout
    assert sorted(path.name for path in tmp_path.glob("data/cats_and_dogs/*/*")) == before


def test_import_links_when_asked(animalctl, tmp_path):
    draw(tmp_path / "src/cat.1.png", 1)
    animalctl("dataset-import", "src", "--link", "--frames-dir", "f", "--annotations-dir", "a")
    assert (tmp_path / "f/cat.1.png").stat().st_ino == (tmp_path / "src/cat.1.png").stat().st_ino


def test_import_links_symbolically_across_devices(animalctl, tmp_path):
    memory = pathlib.Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev or not os.access(memory, os.W_OK):
        pytest.skip("there is no second file system")
    other = memory / f"animalctl-e2e-{os.getpid()}"
    try:
        draw(other / "cat.1.png", 1)
        animalctl("dataset-import", other, "--link", "--frames-dir", "f", "--annotations-dir", "a")
        assert os.readlink(tmp_path / "f/cat.1.png") == str(other / "cat.1.png")
    finally:
        (other / "cat.1.png").unlink()
        other.rmdir()


@pytest.mark.parametrize("name, text", [
    ("list.csv", "image,class\nframes/a.png,cat\nframes/b.png,Dog\nframes/gone.png,dog\n"),
    ("list.jsonl", '{"path": "frames/a.png", "label": "cat"}\n{"path": "frames/b.png", "label": "DOG"}\n'
                   '{"path": "frames/gone.png", "label": "dog"}\n'),
])
def test_import_from_a_list_reports_as_json(animalctl, tmp_path, name, text):
    draw(tmp_path / "elsewhere/frames/a.png", 1)
    draw(tmp_path / "elsewhere/frames/b.png", 2)
    (tmp_path / "elsewhere" / name).write_text(text)
    report = json.loads(animalctl("dataset-import", f"elsewhere/{name}", "--json").stdout)
    assert report["imported"] == 2
    assert report["class_counts"] == {"CAT": 1, "DOG": 1}
    assert report["skipped_counts"] == {"missing file": 1}
    assert report["skipped"][0]["file"] == "frames/gone.png"


def test_import_corrects_a_wrong_extension(animalctl, tmp_path):
    draw(tmp_path / "src/cat.1.png", 1)
    (tmp_path / "src/cat.1.png").rename(tmp_path / "src/cat.1.jpg")
    assert "Renamed 1" in animalctl("dataset-import", "src").stdout
    assert (tmp_path / "data/cats_and_dogs/frames/cat.1.png").exists()


@pytest.mark.parametrize("make, code, message", [
    (lambda root: None, 3, "import from src"),
    (lambda root: (root / "src").mkdir(), 3, "it holds no files"),
    (lambda root: ((root / "src").mkdir(), (root / "src/horse.png").write_bytes(b"x")), 3, "every file was skipped"),
    (lambda root: (root / "src").write_text("x"), 2, "cannot tell what"),
])
def test_import_of_nothing_fails(animalctl, tmp_path, make, code, message):
    make(tmp_path)
    assert message in animalctl("dataset-import", "src", code=code).stderr


def test_import_refuses_a_list_without_its_columns(animalctl, tmp_path):
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    assert "--path-column" in animalctl("dataset-import", "list.csv", code=3).stderr
    assert "is not one of" in animalctl("dataset-import", "list.csv", "--format", "xml", code=2).stderr
