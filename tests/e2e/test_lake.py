"""lake: what serve stored and what stands in the frames folder, as tables."""

import csv
import hashlib
import json
import os
import signal
import time

import pytest

DAY = 86_400


def prediction(number, when="2026-11-25T13:15:05.123Z", **changes):
    return {
        "request_id": f"r{number}",
        "time": when,
        "image": hashlib.sha256(str(number).encode()).hexdigest(),
        "image_bytes": 8121,
        "width": 200,
        "height": 100,
        "model": "animal",
        "version": 2,
        "role": "current",
        "label": "DOG",
        "score": 0.93,
        "latency_ms": {"decode": 0.4, "queue": 0.03, "inference": 0.05, "total": 0.9},
        **changes,
    }


def write_lines(folder, rows, name="predictions-2026-11-25-0001.jsonl"):
    sink = folder / "logs/predictions"
    sink.mkdir(parents=True, exist_ok=True)
    with (sink / name).open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def table(program, *arguments):
    return [json.loads(line) for line in program.ok("lake", "query", "--json", *arguments).stdout.splitlines()]


def test_predictions_are_imported_once_and_found_by_every_filter(program):
    write_lines(program.folder, [prediction(i, version=2 + i % 2) for i in range(4)])
    write_lines(program.folder, [prediction(9, role="shadow"), prediction(10, when="2026-11-26T00:00:00Z")])
    for _ in range(2):
        program.ok("lake", "import")
    assert len(table(program)) == 5
    assert len(table(program, "--role", "any")) == 6
    assert [row["request_id"] for row in table(program, "--version", 3)] == ["r3", "r1"]
    assert [row["request_id"] for row in table(program, "--since", "2026-11-26T00:00:00Z")] == ["r10"]
    assert len(table(program, "--until", "2026-11-26T00:00:00Z", "--limit", 2)) == 2
    assert table(program, "--model", "other") == []
    stats = json.loads(program.ok("lake", "stats", "--json").stdout)
    assert sum(row["count"] for row in stats["predictions"]) == 6
    assert "13:15:05.123Z" in program.ok("lake", "query").stdout


def test_an_import_that_is_killed_goes_on_without_losing_or_doubling(program):
    for part in range(4):
        write_lines(
            program.folder,
            [prediction(part * 5000 + i) for i in range(5000)],
            name=f"predictions-2026-11-25-000{part + 1}.jsonl",
        )
    for _ in range(4):
        process = program.start("lake", "import")
        try:
            process.wait(timeout=0.15)
        except Exception:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    program.ok("lake", "import")
    stats = json.loads(program.ok("lake", "stats", "--json").stdout)
    assert [row["count"] for row in stats["predictions"]] == [20_000]


def test_frames_are_indexed_with_content_and_part(program):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 12, "--seed", 1)
    program.ok("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv", "--stable")
    first = json.loads(program.ok("lake", "import", "--json").stdout)
    assert first["frames"] == {"added": 12, "changed": 0, "removed": 0, "unreadable": 0}
    frames = sorted((program.folder / "data/cats_and_dogs/frames").iterdir())
    frames[0].unlink()
    again = json.loads(program.ok("lake", "import", "--json").stdout)
    assert again["frames"] == {"added": 0, "changed": 0, "removed": 1, "unreadable": 0}
    rebuilt = json.loads(program.ok("lake", "rebuild", "--json").stdout)
    assert rebuilt["frames"]["added"] == 11


def test_export_writes_csv_and_json_lines_whole_or_not_at_all(program):
    write_lines(program.folder, [prediction(1, label='DO"G,'), prediction(2, score=0.1, label="CAT")])
    program.ok("lake", "import")
    program.ok("lake", "export", "out/p.csv")
    with (program.folder / "out/p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {'DO"G,', "CAT"}
    assert {row["confidence"] for row in rows} == {"0.93", "0.9"}
    program.ok("lake", "export", "out/p.jsonl")
    assert [json.loads(line) for line in (program.folder / "out/p.jsonl").open()] == table(program)
    refused = program.run("lake", "export", "p.xml")
    assert refused.returncode == 2 and ".csv or .jsonl" in refused.stderr
    assert program.run("lake", "export").returncode == 2


def test_vacuum_drops_what_is_old_and_no_frame(program):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 4, "--seed", 1)
    frame = next((program.folder / "data/cats_and_dogs/frames").iterdir())
    write_lines(program.folder, [prediction(1, when="2020-01-01T00:00:00Z")], name="predictions-2020-01-01-0001.jsonl")
    recent = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - DAY))
    write_lines(program.folder, [prediction(i, when=recent) for i in range(5, 8)], name=f"predictions-{recent[:10]}-0001.jsonl")
    images = program.folder / "logs/predictions/images"
    old = time.time() - 400 * DAY
    contents = [b"an old query", frame.read_bytes()]
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        file = images / digest[:2] / (digest[2:] + ".jpg")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (old, old))
    program.ok("lake", "import")
    dropped = json.loads(program.ok("lake", "vacuum", "--keep-days", 30, "--json").stdout)
    assert (dropped["predictions"], dropped["files"], dropped["pictures"]) == (1, 1, 1)
    assert len(list((program.folder / "data/cats_and_dogs/frames").iterdir())) == 4
    assert [file.read_bytes() for file in images.rglob("*.jpg")] == [frame.read_bytes()]
    assert json.loads(program.ok("lake", "vacuum", "--keep-rows", 10, "--json").stdout)["predictions"] == 0
    assert program.ok("lake", "vacuum").stdout.startswith("Dropped: 0 predictions")
    assert len(table(program)) == 3


def test_vacuum_keeps_so_much_of_the_query_pictures_and_no_frame_goes(program):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 4, "--seed", 1)
    frame = next((program.folder / "data/cats_and_dogs/frames").iterdir()).read_bytes()
    images = program.folder / "logs/predictions/images"
    contents = [frame, *(bytes([number]) * 700_000 for number in range(3))]
    for age, content in enumerate(reversed(contents)):
        digest = hashlib.sha256(content).hexdigest()
        file = images / digest[:2] / (digest[2:] + ".jpg")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (time.time() - age * DAY,) * 2)
    program.ok("lake", "import")
    dropped = json.loads(program.ok("lake", "vacuum", "--keep-mib", 1, "--json").stdout)
    assert (dropped["pictures"], dropped["bytes"]) == (2, 1_400_000)
    assert {file.read_bytes() for file in images.rglob("*.jpg")} == {frame, bytes([2]) * 700_000}
    assert json.loads(program.ok("lake", "vacuum", "--keep-mib", 1, "--json").stdout)["pictures"] == 0


def test_stats_are_of_what_is_asked_for(program):
    write_lines(program.folder, [prediction(i, when=f"2026-11-25T{i:02}:30:00Z", version=2 + i // 5) for i in range(10)])
    program.ok("lake", "import")

    def counts(*arguments):
        shown = json.loads(program.ok("lake", "stats", "--json", *arguments).stdout)["predictions"]
        return {row["version"]: (row["count"], row["first"][11:16], row["last"][11:16]) for row in shown}

    for _ in range(2):
        assert counts() == {2: (5, "00:30", "04:30"), 3: (5, "05:30", "09:30")}
        assert counts("--since", "2026-11-25T02:00:00Z", "--until", "2026-11-25T06:31:00Z") == {2: (3, "02:30", "04:30"), 3: (2, "05:30", "06:30")}
        assert counts("--version", 3) == {3: (5, "05:30", "09:30")}
    assert counts("--model", "other") == {} and counts("--role", "shadow") == {}
    # A late answer, and a lake that is made anew.
    write_lines(program.folder, [prediction(99, when="2026-11-25T01:10:00Z")], name="predictions-2026-11-26-0001.jsonl")
    program.ok("lake", "import")
    assert counts()[2] == (6, "00:30", "04:30")
    program.ok("lake", "rebuild")
    assert counts()[2] == (6, "00:30", "04:30")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("lake",), 2, "ACTION"),
        (("lake", "look"), 2, "import"),
        (("lake", "stats", "x.csv"), 2, "takes no FILE"),
        (("lake", "query", "--since", "yesterday"), 2, "--since"),
        (("lake", "query", "--limit", "0"), 2, "--limit"),
        (("lake", "stats", "--database", "mysql://x"), 2, "postgresql"),
    ],
)
def test_wrong_arguments_say_what_is_accepted(program, arguments, code, words):
    result = program.run(*arguments)
    assert result.returncode == code and words in result.stderr


def test_a_damaged_database_and_ledger_are_named(program):
    (program.folder / "data").mkdir()
    (program.folder / "data/lake.db").write_bytes(b"no database" * 200)
    result = program.run("lake", "stats")
    assert result.returncode == 3 and "lake.db" in result.stderr
    (program.folder / "data/lake.db").unlink()
    (program.folder / "data/stable_split.csv").write_text("garbled")
    result = program.run("lake", "import")
    assert result.returncode == 3 and "stable_split.csv" in result.stderr
