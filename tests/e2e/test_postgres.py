"""lake and label-server with PostgreSQL instead of SQLite: the same answers."""

import json
import os
import signal
import threading
import uuid

import pytest
from label_process import ANNOTATIONS, LabelServer
from postgres_server import postgres  # noqa: F401 (a fixture)
from test_lake import prediction, write_lines


@pytest.fixture
def database(postgres):  # noqa: F811
    return postgres.address("lake_" + uuid.uuid4().hex[:12])


def lake(program, database, action, *arguments):
    output = program.ok("lake", action, *arguments, "--database", database, "--json").stdout
    return [json.loads(line) for line in output.splitlines()] if action == "query" else json.loads(output)


def test_every_subcommand_of_lake_answers_as_with_sqlite(program, database):
    rows = [prediction(i, version=2 + i % 2) for i in range(6)]
    rows += [prediction(9, role="shadow"), prediction(10, when="2026-11-26T00:00:00Z"), prediction(11, label="é'\\ x")]
    write_lines(program.folder, rows)
    program.ok("demo-data", "data/cats_and_dogs", "--count", 12, "--seed", 1)
    program.ok("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv", "--stable")
    sqlite = "sqlite:data/lake.db"
    both = (database, sqlite)
    first = [lake(program, address, "import") for address in both]
    assert first[0] == first[1]
    assert first[0]["frames"]["added"] == 12
    for address in both:
        assert lake(program, address, "import")["predictions"]["lines"] == 0
    for arguments in (
        (),
        ("--role", "any"),
        ("--version", 3),
        ("--since", "2026-11-26T00:00:00Z"),
        ("--until", "2026-11-26T00:00:00Z", "--limit", 2),
        ("--model", "other"),
    ):
        found = [lake(program, address, "query", *arguments) for address in both]
        assert found[0] == found[1], arguments
    stats = [lake(program, address, "stats") for address in both]
    assert stats[0] == stats[1] and sum(row["count"] for row in stats[0]["predictions"]) == 9
    for name in ("p.csv", "p.jsonl"):
        contents = []
        for address in both:
            lake(program, address, "export", f"out/{name}")
            contents.append((program.folder / "out" / name).read_bytes())
        assert contents[0] == contents[1] and len(contents[0].splitlines()) >= 8
    rebuilt = [lake(program, address, "rebuild") for address in both]
    assert rebuilt[0] == rebuilt[1] == first[0]
    dropped = lake(program, database, "vacuum", "--keep-rows", 1)
    assert dropped["predictions"] >= 8
    assert sum(row["count"] for row in lake(program, database, "stats")["predictions"]) <= 1


def test_two_imports_at_once_store_each_prediction_once(program, database):
    for part in range(4):
        write_lines(program.folder, [prediction(part * 500 + i) for i in range(500)], name=f"predictions-2026-11-25-000{part + 1}.jsonl")
    importers = [program.start("lake", "import", "--database", database) for _ in range(3)]
    for importer in importers:
        _, errors = importer.communicate(timeout=60)
        assert importer.returncode == 0, errors
    assert [row["count"] for row in lake(program, database, "stats")["predictions"]] == [2000]


def test_writers_that_come_at_once_on_an_empty_database_all_succeed(program, database):
    program.ok("demo-data", "data/cats_and_dogs", "--count", 30, "--seed", 1)
    starters = [program.start("lake", "stats", "--database", database) for _ in range(4)]
    starters += [program.start("lake", "import", "--database", database) for _ in range(4)]
    for starter in starters:
        _, errors = starter.communicate(timeout=60)
        assert starter.returncode == 0, errors
    assert lake(program, database, "stats")["frames"] == 30
    assert program.ok("lake", "stats", "--database", database).stderr == ""


def test_an_import_killed_in_the_middle_loses_and_doubles_nothing(program, database):
    for part in range(4):
        write_lines(program.folder, [prediction(part * 2000 + i) for i in range(2000)], name=f"predictions-2026-11-25-000{part + 1}.jsonl")
    for _ in range(3):
        process = program.start("lake", "import", "--database", database)
        try:
            process.wait(timeout=0.15)
        except Exception:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    program.ok("lake", "import", "--database", database)
    assert [row["count"] for row in lake(program, database, "stats")["predictions"]] == [8000]


def test_a_server_that_is_not_there_is_unavailable(program, postgres):  # noqa: F811
    for address in (f"postgresql://tester@/no_such_database?host={postgres.folder}", "postgresql://tester@/x?host=/nowhere"):
        result = program.run("lake", "stats", "--database", address)
        assert result.returncode == 5, result.stderr
        assert "database" in result.stderr


def test_the_labeller_keeps_labels_and_history_in_postgresql(program, database):
    frames = [f"{animal}.{number}.png" for animal in ("cat", "dog") for number in range(4)]
    arguments = ("--database", database)
    with LabelServer(program, *arguments, frames=frames) as server:
        workers = [
            threading.Thread(target=server.seed_label, args=(name, name[:3].upper())) for name in frames
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        server.seed_label("cat.0.png", "DOG")
        server.kill()
    labels = {path.stem: json.loads(path.read_text()) for path in (program.folder / ANNOTATIONS).iterdir()}
    assert len(labels) == 8
    with LabelServer(program, *arguments) as server:
        assert len(server.events()) == 9
        item = server.item("cat.0.png")
        assert item["label"] == "DOG"
        assert server.change("cat.0.png", item["revision"], "label", label="CAT")["item"]["label"] == "CAT"
        server.json("POST", "/api/undo", {"key": "undo-postgresql-1"}, {"X-Annotator": "anna"})
        assert server.item("cat.0.png")["label"] == "DOG"
        server.stop()
    with LabelServer(program, *arguments) as server:
        assert len(server.events()) == 11 and server.item("cat.0.png")["label"] == "DOG"
