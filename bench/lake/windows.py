#!/usr/bin/env python3
"""windows.py [--rows N] [--database sqlite|postgresql] [--quick]: what a window of a large lake costs, with the index and without.

Fills a lake in a temporary folder with SQL (PostgreSQL: on a server of its own) and asks what the orchestrator asks
(lake_bench.cpp), five times with the index and, unless --quick, once without. Prints a table. 10M rows: 6 GB, some minutes.
"""

import argparse
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/e2e"))
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'lake_predictions' AND sql IS NOT NULL"
POSTGRES_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'lake_predictions' AND indexname NOT LIKE '%_pkey'"
DROP = "DROP INDEX lake_predictions_by_window"

# As row_at() of lake_bench.cpp: 30 days, ten versions one after the other, one of ten answers a shadow's.
FILL = """
INSERT INTO lake_predictions
SELECT md5(i::text), CASE WHEN r < 0.1 THEN 'shadow' ELSE 'current' END, 1795700000000 - 2592000000 + i * 2592000000 / {rows},
       md5(i::text) || md5((i + 1)::text), 'animal', 1 + i * 10 / {rows}, CASE WHEN s >= 0.5 THEN 'DOG' ELSE 'CAT' END, s,
       greatest(s, 1 - s), 8000, 200, 100, 0.5, 0.2, 0.3, 0.1, 1.5, NULL, NULL
FROM (SELECT i::bigint AS i, random() AS r, random() AS s FROM generate_series(0, {rows} - 1) AS i) AS numbers;
"""


# The same for SQLite.
FILL_SQLITE = """
INSERT INTO lake_predictions
WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {rows}),
     random_numbers AS MATERIALIZED (SELECT i, abs(random() % 1000) AS r, abs(random() % 1000000) / 1000000.0 AS s FROM numbers)
SELECT lower(hex(randomblob(13))), CASE WHEN r < 100 THEN 'shadow' ELSE 'current' END,
       1795700000000 - 2592000000 + i * 2592000000 / {rows}, lower(hex(randomblob(32))), 'animal', 1 + i * 10 / {rows},
       CASE WHEN s >= 0.5 THEN 'DOG' ELSE 'CAT' END, s, max(s, 1 - s), 8000, 200, 100, 0.5, 0.2, 0.3, 0.1, 1.5, NULL, NULL
FROM random_numbers;
"""


def ask(bench, address, rows, times=5):
    output = subprocess.run([bench, address, str(rows), str(times)], check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    print(json.dumps(lines[0]), flush=True)
    return {line["question"]: line for line in lines[1:]}


def show(with_index, without):
    print(f"{'question':<52}{'answer':>10}{'s':>10}{'first s':>10}{'no index':>10}")
    for question, line in with_index.items():
        bare = f"{without[question]['median_s']:>10.4f}" if without else ""
        print(f"{question:<52}{line['answer']:>10}{line['median_s']:>10.4f}{line['first_s']:>10.4f}{bare}")


def measure_sqlite(bench, rows, folder, quick):
    database = folder / "lake.db"
    ask(bench, f"sqlite:{database}", 0)
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        indexes = connection.execute(INDEXES).fetchall()
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -2000000"):
            connection.execute(f"PRAGMA {pragma}")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(FILL_SQLITE.format(rows=rows))
        for _, statement in indexes:
            connection.execute(statement)
    with_index = ask(bench, f"sqlite:{database}", rows)
    if not quick:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute(DROP)
    show(with_index, None if quick else ask(bench, f"sqlite:{database}", rows, 1))
    print(f"{database.stat().st_size / 2**30:.1f} GiB")


def measure_postgresql(bench, rows, quick):
    from postgres_server import PostgresServer, programs

    server = PostgresServer(programs())
    try:
        address = server.address("lake")
        ask(bench, address, 0)
        psql = ["psql", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "lake", "-c"]
        indexes = [line.split("|", 1) for line in server.call(*psql, POSTGRES_INDEXES).splitlines()]
        for name, _ in indexes:
            server.call(*psql, f"DROP INDEX {name}")
        for statement in (FILL.format(rows=rows), *(statement for _, statement in indexes), "ANALYZE"):
            server.call(*psql, statement, limit=1800)
        with_index = ask(bench, address, rows)
        if not quick:
            server.call("psql", "-q", "-d", "lake", "-c", DROP)
        show(with_index, None if quick else ask(bench, address, rows, 1))
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="not again without the index")
    parser.add_argument("--bench", type=pathlib.Path, default=PROJECT / "build/release/bin/lake_bench")
    arguments = parser.parse_args()
    if arguments.database == "postgresql":
        measure_postgresql(arguments.bench, arguments.rows, arguments.quick)
        return
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder:
        measure_sqlite(arguments.bench, arguments.rows, pathlib.Path(folder), arguments.quick)


if __name__ == "__main__":
    main()
