"""dataset-check as a user runs it: one example of every finding, the table, the JSON, the exit code."""

import json
import time
import zlib

import cv2

from dataset_workspace import SPLIT, animalctl, draw, workspace  # noqa: F401 (fixtures)


def test_check_of_a_set_in_order_exits_0(animalctl, workspace):
    workspace.add_many(4)
    workspace.add("new.png", "", 800)
    result = animalctl("dataset-check")
    assert result.stdout.splitlines()[0] == "9 frames in data/cats_and_dogs/frames, 8 labelled, CAT 4, DOG 4"
    assert "notice: frame without a label: 1" in result.stdout
    assert result.stdout.splitlines()[-1] == "The data set is in order; 1 notice"


def spoil(workspace):
    """One example of every kind of finding."""
    workspace.add_many(3)
    frames, annotations = workspace.frames, workspace.annotations
    workspace.add("conflict.png", "DOG", 0)
    (frames / "conflict.png").write_bytes((frames / "cat.0.png").read_bytes())
    workspace.add("copy.png", "CAT", 0)
    (frames / "copy.png").write_bytes((frames / "cat.1.png").read_bytes())
    cv2.imwrite(str(frames / "near.jpg"), cv2.imread(str(frames / "cat.2.png")), [cv2.IMWRITE_JPEG_QUALITY, 85])
    workspace.label("near.jpg", "CAT")
    workspace.add("empty.png", "CAT", 300)
    (frames / "empty.png").write_bytes(b"")
    workspace.add("text.png", "CAT", 300)
    (frames / "text.png").write_text("no picture")
    workspace.add("cut.png", "CAT", 301)
    (frames / "cut.png").write_bytes((frames / "cut.png").read_bytes()[:-40])
    workspace.add("named.png", "CAT", 302)
    (frames / "named.png").rename(frames / "named.bmp")
    workspace.add("huge.png", "CAT", 303)
    huge = bytearray((frames / "huge.png").read_bytes())
    huge[16:24] = b"\x00\x01\x86\xa0\x00\x01\x86\xa0"
    (frames / "huge.png").write_bytes(fix_ihdr_checksum(huge))
    workspace.add("garbled.png", "CAT", 304)
    (annotations / "garbled.json").write_text("{")
    workspace.add("cow.png", "COW", 305)
    workspace.add("twin.png", "CAT", 306)
    workspace.add("twin.jpg", "CAT", 307)
    workspace.add("new.png", "", 308)
    workspace.label("orphan.png", "CAT")
    (frames / "notes.txt").write_text("x")


def fix_ihdr_checksum(png):
    png[29:33] = zlib.crc32(bytes(png[12:29])).to_bytes(4, "big")
    return bytes(png)


def test_check_finds_every_kind_and_exits_4(animalctl, workspace):
    spoil(workspace)
    report = json.loads(animalctl("dataset-check", "--json", code=4).stdout)
    files = {}
    for finding in report["findings"]:
        files.setdefault(finding["kind"], []).append(finding["files"])
    assert report["findings"][0]["kind"] == "conflicting_labels"
    assert files["conflicting_labels"] == [["cat.0.png", "conflict.png"]]
    assert files["exact_duplicate"] == [["cat.1.png", "copy.png"]]
    assert files["near_duplicate"] == [["cat.2.png", "near.jpg"]]
    assert files["empty"] == [["empty.png"]]
    assert files["unreadable"] == [["text.png"]]
    assert files["truncated"] == [["cut.png"]]
    assert files["wrong_extension"] == [["named.bmp"]]
    assert files["oversize"] == [["huge.png"]]
    assert files["garbled_annotation"] == [["garbled.json"]]
    assert files["unknown_label"] == [["cow.json"]]
    assert files["shared_annotation"] == [["twin.jpg", "twin.png"]]
    assert files["orphan_annotation"] == [["orphan.json"]]
    assert files["unlabelled"] == [["new.png"], ["twin.jpg"]]  # the png owns the stem
    assert files["ignored_file"] == [["notes.txt"]]
    assert report["ok"] is False
    assert report["errors"] == 11
    assert report["notices"] == 4


def test_check_shows_a_table_with_the_worst_first(animalctl, workspace):
    spoil(workspace)
    lines = animalctl("dataset-check", code=4).stdout.splitlines()
    assert lines[1] == "error: same picture with two labels: 1"
    assert lines[2] == "  cat.0.png (CAT), conflict.png (DOG): same bytes"
    assert lines[-1] == "The data set has 11 errors and 4 notices"


def test_check_reports_the_same_whatever_the_threads(animalctl, workspace):
    spoil(workspace)
    outputs = {animalctl("dataset-check", "--json", "--threads", n, code=4).stdout for n in (1, 4)}
    assert len(outputs) == 1


def test_check_needs_its_folders(animalctl, workspace):
    assert "--frames-dir" in animalctl("dataset-check", "--frames-dir", "none", code=3).stderr
    assert "whole number" in animalctl("dataset-check", "--near-duplicates", 40, code=2).stderr


def test_imported_sets_are_in_order_and_split(animalctl, workspace):
    for i in range(10):
        for offset, animal in enumerate(("cat", "dog")):
            draw(workspace.root / f"src/{animal}/{i}.png", 10 * i + offset)
    animalctl("dataset-import", "src")
    animalctl("dataset-check")
    animalctl(*SPLIT)
    assert len(workspace.parts()) == 20


def test_a_second_check_reads_nothing_that_has_not_changed(animalctl, workspace):
    workspace.add_many(4)

    def check(*arguments):
        return json.loads(animalctl("dataset-check", "--json", *arguments).stdout)

    # Files that were written a moment ago are not trusted yet.
    until = time.monotonic() + 20
    report = check()
    while report["read"] > 0 and time.monotonic() < until:
        report = check()
    assert report["read"] == 0 and report["frames"] == 8
    whole = check("--cache-dir", "")
    assert whole["read"] == 8
    assert {**whole, "read": 0} == report
    workspace.add("new.png", "CAT", 900)
    again = check()
    assert (again["read"], again["frames"]) == (1, 9)
