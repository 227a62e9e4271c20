"""models: the registry of versions, what served when."""

import hashlib
import json
import os
import shutil
import tarfile

import pytest
import registry_files

from conftest import leftovers

REGISTRY = "models/registry/animal"


def answer(program, *arguments):
    return json.loads(program.ok("models", *arguments, "--json").stdout)


def canary(program):
    return json.loads((program.folder / "config/config.json").read_text())


def test_a_version_is_registered_with_the_lineage_of_its_files(program):
    report = registry_files.report(program.folder)
    for name, rows in {"train": ["a.jpg", "b.jpg"], "val": ["c.jpg"], "test": ["d.jpg"]}.items():
        (program.folder / f"{name}.csv").write_text("frame_filename\n" + "".join(f"{row}\n" for row in rows))
    made = registry_files.register(
        program, 1, "--report", report, "--train-csv", "train.csv", "--val-csv", "val.csv", "--test-csv", "test.csv",
        "--trigger", "new labels: 120 of 100",
    )
    assert made == {"model": "animal", "version": 1, "folder": f"{REGISTRY}/1", "unknown": []}
    shown = answer(program, "show", "1")
    assert shown["settings"]["seed"] == "7" and shown["settings"]["lr"] == "0.001"
    assert shown["software"]["libtorch"] == "1.13.0" and shown["architecture"] == "smallcnn"
    assert shown["train_images"] == 800 and shown["classes"] == ["CAT", "DOG"]
    assert shown["data_digest"] == hashlib.sha256(b"weights 1").hexdigest()
    assert len(shown["split_digest"]) == 64
    assert shown["metrics"]["val_accuracy"]["value"] == 0.9
    low, high = shown["metrics"]["test_accuracy"]["interval"]
    assert shown["metrics"]["test_accuracy"]["value"] == 0.95 and 0.90 < low < 0.95 < high < 0.98
    assert shown["metrics"]["test_loss"] == {"value": 0.2} and "test_auc" not in shown["metrics"]
    assert shown["trigger"] == "new labels: 120 of 100"
    files = {file["role"]: file for file in shown["files"]}
    assert set(files) == {"checkpoint", "archive", "run", "report", "train_csv", "val_csv", "test_csv"}
    for file in files.values():
        content = (program.folder / REGISTRY / "1" / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"] and len(content) == file["bytes"]
    card = program.ok("models", "show", "1").stdout
    assert "# animal version 1" in card and "95 % interval" in card and "CAT, DOG" in card


def test_the_digest_of_the_data_comes_from_images_and_labels_when_they_are_there(program):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 12, "--seed", 1)
    program.ok("dataset-split", "train.csv", "val.csv", "test.csv")
    places = ("--frames-dir", "data/cats_and_dogs/frames", "--annotations-dir", "data/cats_and_dogs/annotations")
    parts = ("--train-csv", "train.csv", "--val-csv", "val.csv", *places)
    registry_files.register(program, 1, *parts)
    registry_files.register(program, 2, *parts, content=b"weights 1")
    first = answer(program, "show", "1")["data_digest"]
    assert first == answer(program, "show", "2")["data_digest"] != hashlib.sha256(b"weights 1").hexdigest()
    row = (program.folder / "train.csv").read_text().splitlines()[1]
    frame = program.folder / "data/cats_and_dogs/frames" / os.path.basename(row)
    frame.write_bytes(frame.read_bytes() + b"changed")
    registry_files.register(program, 3, *parts)
    assert answer(program, "show", "3")["data_digest"] != first


def test_promote_and_rollback_move_aliases_archives_and_the_traffic(program):
    for version in (1, 2, 3):
        registry_files.register(program, version)
    promoted = answer(program, "promote", "1", "--reason", "the first", "--by", "anna")
    assert promoted["aliases"] == {"champion": 1, "challenger": None, "previous": None}
    assert canary(program) == {"traffic": 1.0, "current_version": 1, "previous_version": 1}
    stored = program.folder / "model_store/animal-1.mar"
    assert os.path.samefile(stored, program.folder / REGISTRY / "1/animal.mar")
    answer(program, "alias", "challenger", "3", "--reason", "passed its gates")
    assert answer(program, "alias")["aliases"]["challenger"] == 3
    answer(program, "promote", "challenger", "--reason", "better", "--by", "otto")
    assert canary(program)["current_version"] == 3
    back = answer(program, "rollback", "--reason", "errors at noon", "--by", "otto")
    assert back["aliases"] == {"champion": 1, "challenger": None, "previous": None}
    assert canary(program) == {"traffic": 1.0, "current_version": 1, "previous_version": 1}
    history = answer(program, "history")
    assert [entry["action"] for entry in history["entries"]] == ["register"] * 3 + ["promote", "alias", "promote", "rollback"]
    assert [row["version"] for row in history["served"]] == [1, 3, 1]
    assert history["served"][0]["until"] == history["served"][1]["from"]
    assert history["served"][-1]["until"] is None
    text = program.ok("models", "history").stdout
    assert "otto: errors at noon" in text and "3 → 1" in text and "until now" in text
    listed = answer(program, "list")
    assert [row["aliases"] for row in listed["versions"]] == [["champion"], [], []]
    assert program.ok("models", "list").stdout.count("\n") == 3


def test_a_link_that_was_changed_in_the_store_is_put_right_by_the_next_promotion(program):
    registry_files.register(program, 1)
    registry_files.register(program, 2)
    store = program.folder / "model_store"
    store.mkdir()
    (store / "animal-1.mar").write_bytes(b"something else")
    answer(program, "promote", "1", "--reason", "first")
    assert (store / "animal-1.mar").read_bytes() == (program.folder / REGISTRY / "1/animal.mar").read_bytes()
    assert leftovers(program.folder) == []
    # Promoting the champion again mends what it needs to serve and is no event.
    (program.folder / "config/config.json").unlink()
    (store / "animal-1.mar").unlink()
    answer(program, "promote", "champion", "--reason", "again")
    assert canary(program)["current_version"] == 1 and (store / "animal-1.mar").exists()
    assert [entry["action"] for entry in answer(program, "history")["entries"]] == ["register", "register", "promote"]


def test_diff_shows_what_differs_and_by_how_much(program):
    registry_files.register(program, 1)
    registry_files.register(program, 2, "--report", registry_files.report(program.folder))
    difference = answer(program, "diff", "1", "2")
    assert difference["metrics"]["val_accuracy"] == [0.9, 0.9]
    assert difference["metrics"]["test_accuracy"] == [None, 0.95]
    assert "files.checkpoint" in difference["changes"] and "settings.lr" not in difference["changes"]
    text = program.ok("models", "diff", "1", "2").stdout
    assert "val_accuracy: 0.9 → 0.9  (+0)" in text and "version 1 → 2" in text


def test_history_verify_finds_what_was_changed(program):
    registry_files.register(program, 1)
    answer(program, "promote", "1", "--reason", "first")
    assert answer(program, "history", "--verify")["verified"] is True
    assert "verified: 2 entries and every file of 1 versions" in program.ok("models", "history", "--verify").stdout
    path = program.folder / REGISTRY / "history.jsonl"
    right = path.read_text()
    path.write_text(right.replace("first", "worst"))
    result = program.run("models", "history", "--verify")
    assert result.returncode == 3 and "history.jsonl:2" in result.stderr
    path.write_text(right.splitlines(keepends=True)[0])
    result = program.run("models", "history", "--verify")
    assert result.returncode == 3 and "entry 2 is missing" in result.stderr
    path.write_text(right)
    (program.folder / REGISTRY / "1/checkpoint.pth").write_bytes(b"other")
    result = program.run("models", "history", "--verify")
    assert result.returncode == 3 and "checkpoint.pth was changed" in result.stderr


def test_export_is_whole_or_not_there(program):
    registry_files.register(program, 1)
    answer(program, "export", "1", "out/copy")
    names = {"version.json", "card.md", "checkpoint.pth", "animal.mar", "run.json"}
    assert {path.name for path in (program.folder / "out/copy").iterdir()} == names
    program.ok("models", "export", "1", "out/one.tar")
    shutil.move(program.folder / "out/one.tar", program.folder / "first.tar")
    program.ok("models", "export", "1", "out/one.tar")
    assert (program.folder / "first.tar").read_bytes() == (program.folder / "out/one.tar").read_bytes()
    with tarfile.open(program.folder / "first.tar") as file:
        assert {member.name for member in file} == {f"animal-1/{name}" for name in names}
        assert file.extractfile("animal-1/checkpoint.pth").read() == b"weights 1"
    refused = program.run("models", "export", "1", "out/copy")
    assert refused.returncode == 3 and "is there already" in refused.stderr
    (program.folder / REGISTRY / "1/run.json").write_bytes(b"{}")
    for target in ("bad", "bad.tar"):
        refused = program.run("models", "export", "1", target)
        assert refused.returncode == 3 and "run.json was changed" in refused.stderr
        assert not (program.folder / target).exists()
    assert leftovers(program.folder) == []


def test_prune_removes_files_of_old_versions_and_says_so_everywhere(program):
    for version in range(1, 6):
        registry_files.register(program, version)
        answer(program, "promote", version, "--reason", "better")
    registry = program.folder / REGISTRY
    shutil.copy(registry / "1/animal.mar", program.folder / "first.mar")
    # Champion 5, previous 4; somebody still sends requests to 3.
    (program.folder / "config/config.json").write_text('{"traffic": 0.5, "current_version": 5, "previous_version": 3}')
    pruned = answer(program, "prune", "--keep", "1", "--by", "anna")
    assert pruned["pruned"] == [1] and pruned["bytes"] > 0
    names = {path.name for path in (registry / "1").iterdir()}
    assert names == {"version.json", "card.md", "run.json"}
    assert not (program.folder / "model_store/animal-1.mar").exists()
    assert (program.folder / "model_store/animal-2.mar").exists()
    assert "Nothing to prune" in program.ok("models", "prune", "--keep", "1").stdout
    # What a killed call left in the store goes with the next one.
    shutil.move(program.folder / "first.mar", program.folder / "model_store/animal-1.mar")
    assert "version 2" in program.ok("models", "prune", "--keep", "0", "--reason", "the disk is full").stdout
    assert not (program.folder / "model_store/animal-1.mar").exists()
    assert (registry / "3/checkpoint.pth").exists()
    last = answer(program, "history")["entries"][-1]
    assert (last["action"], last["version"], last["reason"]) == ("prune", 2, "the disk is full")
    verified = answer(program, "history", "--verify")
    assert verified["verified"] is True and verified["pruned"] == [1, 2]
    text = program.ok("models", "history", "--verify").stdout
    assert "every file of 5 versions, but for the checkpoint and the archive of versions 1, 2, pruned" in text
    listed = answer(program, "list")["versions"]
    assert [row["pruned"] is not None for row in listed] == [True, True, False, False, False]
    assert program.ok("models", "list").stdout.count("pruned") == 2
    assert answer(program, "show", "1")["pruned"] == listed[0]["pruned"]
    assert "were pruned on" in program.ok("models", "show", "1").stdout
    assert answer(program, "diff", "1", "5")["pruned"] == [1]
    assert "of version 1 were pruned" in program.ok("models", "diff", "1", "5").stdout
    for arguments in (("export", "1", "out"), ("promote", "1", "--reason", "x"), ("alias", "previous", "1", "--reason", "x")):
        refused = program.run("models", *arguments)
        assert refused.returncode == 3 and "were pruned on" in refused.stderr
    assert not (program.folder / "out").exists()
    # The chain leads back to 4 and no further.
    assert answer(program, "rollback", "--reason", "errors")["aliases"] == {"champion": 4, "challenger": None, "previous": 3}
    (program.folder / "config/config.json").write_text("garbled")
    assert program.run("models", "prune", "--keep", "0").returncode == 3
    (registry / "3/checkpoint.pth").unlink()
    lost = program.run("models", "history", "--verify")
    assert lost.returncode == 3 and "checkpoint.pth is missing" in lost.stderr


def test_what_does_not_belong_together_is_not_registered(program):
    weights = registry_files.checkpoint(program.folder)
    packed = registry_files.archive(program.folder, weights, "1.0")
    other = program.folder / "other.pth"
    other.write_bytes(b"other weights")
    result = program.run("models", "register", other, "--archive", packed)
    assert result.returncode == 3 and "packed of other weights" in result.stderr
    result = program.run("models", "register", weights, "--archive", packed, "--model", "plant")
    assert result.returncode == 3 and "the model animal" in result.stderr
    odd = registry_files.archive(program.folder, weights, "1.5")
    result = program.run("models", "register", weights, "--archive", odd)
    assert result.returncode == 3 and "whole number" in result.stderr
    (program.folder / "a.csv").write_text("frame_filename\nx.jpg\n")
    result = program.run("models", "register", weights, "--model", "animal", "--train-csv", "a.csv", "--test-csv", "a.csv")
    assert result.returncode == 3 and "x.jpg is in train and in test" in result.stderr
    assert not (program.folder / REGISTRY).exists()
    registry_files.register(program, 1)
    result = program.run("models", "register", weights, "--archive", packed)
    assert result.returncode != 0 and "version 1 already" in result.stderr
    # Without an archive there is a version, but none that can serve.
    assert "no archive" in program.ok("models", "register", other, "--model", "animal").stderr
    result = program.run("models", "promote", "2", "--reason", "try")
    assert result.returncode == 3 and "has no archive" in result.stderr
    assert answer(program, "alias")["aliases"]["champion"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "ACTION"),
        (("look",), 2, "register"),
        (("show",), 2, "a version"),
        (("show", "x"), 2, "champion, challenger"),
        (("show", "9"), 3, "no version 9"),
        (("show", "champion"), 3, "is the champion"),
        (("promote", "1"), 2, "--reason"),
        (("rollback",), 2, "--reason"),
        (("rollback", "--reason", "x"), 3, "no previous champion"),
        (("alias", "champion", "1", "--reason", "x"), 2, "is promoted"),
        (("alias", "challenger"), 2, "challenger or previous"),
        (("list", "1"), 2, "no argument"),
        (("prune",), 2, "--keep"),
        (("prune", "--keep", "-1"), 2, "--keep"),
        (("prune", "1", "--keep", "1"), 2, "no argument"),
        (("list", "--keep", "1"), 2, "belongs to prune"),
        (("list", "--verify"), 2, "--verify"),
        (("list", "--model", "plant"), 3, "animal"),
        (("diff", "1"), 2, "two versions"),
        (("export", "1"), 2, "FILE.tar"),
        (("register", "missing.pth", "--model", "animal"), 3, "missing.pth"),
        (("register", "x.pth", "--archive", "none.mar"), 3, "x.pth"),
    ],
)
def test_wrong_arguments_say_what_is_accepted(program, arguments, code, words):
    registry_files.register(program, 1)
    result = program.run("models", *arguments)
    assert result.returncode == code and words in result.stderr


def test_without_a_registry_the_way_to_the_first_version_is_named(program):
    result = program.run("models", "list")
    assert result.returncode == 3 and "models register" in result.stderr
    for model in ("cats", "dogs"):
        weights = registry_files.checkpoint(program.folder)
        program.ok("models", "register", weights, "--archive", registry_files.archive(program.folder, weights, "1.0", model))
    result = program.run("models", "list")
    assert result.returncode == 2 and "cats, dogs" in result.stderr
    assert answer(program, "list", "--model", "cats")["model"] == "cats"


def test_a_trained_model_becomes_a_version(workspace):
    folder = workspace.folder
    models = "models/cats_and_dogs"
    workspace.ok("archive", "--model-name", "animal", "--version", "1.0", "--serialized-file", f"{models}/base_model.pth",
                 "--export-path", "packed")
    report = workspace.ok("report", "base_model", "data/test.csv", "--json").stdout
    (folder / "report.json").write_text(report)
    workspace.ok("models", "register", f"{models}/base_model.pth", "--archive", "packed/animal.mar", "--report", "report.json",
                 "--train-csv", "data/train.csv", "--val-csv", "data/val.csv", "--test-csv", "data/test.csv")
    shown = answer(workspace, "show", "1")
    assert shown["metrics"]["test_accuracy"]["value"] == json.loads(report)["metrics"]["accuracy"]
    assert shown["train_images"] == len((folder / "data/train.csv").read_text().splitlines()) - 1
    assert shown["settings"]["arch"] == shown["architecture"] and "libtorch" in shown["software"]
    answer(workspace, "promote", "1", "--reason", "first")
    assert answer(workspace, "history", "--verify")["verified"] is True
