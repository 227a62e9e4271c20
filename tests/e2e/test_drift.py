"""drift report: what a version sees and answers now against what it saw and answered at first."""

import hashlib
import json
import random
import time

from conftest import LIMIT_SECONDS
from label_process import LabelServer


def answers(count, start, seed, brightness=0.5, **changes):
    """Lines of the prediction sink, a second apart."""
    generator = random.Random(seed)
    rows = []
    for i in range(count):
        number = start + i
        minutes, seconds = divmod(number, 60)
        hours, minutes = divmod(minutes, 60)
        score = min(0.999, max(0.001, generator.gauss(0.9 if generator.random() < 0.5 else 0.1, 0.08)))
        rows.append({
            "request_id": f"r{number:06}",
            "time": f"2026-11-25T{hours:02}:{minutes:02}:{seconds:02}.000Z",
            "image": hashlib.sha256(str(number).encode()).hexdigest(),
            "image_bytes": 8121, "width": 640, "height": 480, "model": "animal", "version": 2, "role": "current",
            "label": "DOG" if score >= 0.5 else "CAT", "score": score,
            "measures": {"brightness": min(1, max(0, generator.gauss(brightness, 0.1))),
                         "contrast": abs(generator.gauss(0.2, 0.03)), "saturation": abs(generator.gauss(0.4, 0.1)),
                         "sharpness": generator.lognormvariate(5, 0.5)},
            "latency_ms": {"total": 1.5}, **changes})
    return rows


def fill(program, rows):
    sink = program.folder / "logs/predictions"
    sink.mkdir(parents=True, exist_ok=True)
    with (sink / "predictions-2026-11-25-0001.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    program.ok("lake", "import")


def report(program, *arguments):
    return json.loads(program.ok("drift", "report", "--json", *arguments).stdout)


def test_a_lake_without_answers_says_what_to_do(program):
    program.ok("lake", "import")
    assert report(program)["verdict"] == "too-few"
    result = program.ok("drift", "report", "--check")
    assert "lake import" in result.stdout


def test_a_darker_camera_is_drift_after_200_queries(program):
    fill(program, answers(1300, 0, 1))
    before = report(program)
    assert before["verdict"] == "stable", before["reason"]
    assert before["reference"]["answers"] == 1000
    assert program.run("drift", "report", "--check").returncode == 0

    fill(program, answers(200, 1300, 2, brightness=0.25))
    found = report(program)
    assert found["verdict"] == "drifted"
    drifted = [row["input"] for row in found["inputs"] if row["verdict"] == "drifted"]
    assert drifted == ["brightness"]
    assert len(found["images"]) == 24
    assert all(image["time"] >= "2026-11-25T00:21:40" for image in found["images"])
    table = program.run("drift", "report", "--check", "--html", "drift.html")
    assert table.returncode == 4, table.stderr
    assert "drifted: brightness of version 2" in table.stdout
    page = (program.folder / "drift.html").read_text()
    assert "default-src 'none'" in page and "brightness" in page and "<svg" in page
    # As it was before the camera changed.
    assert report(program, "--until", "2026-11-25T00:21:40Z")["verdict"] == "stable"
    assert report(program, "--reference-since", "2026-11-25T00:21:40Z", "--needed-windows", 1, "--of-windows", 1,
                  "--window", 100)["reference"]["answers"] == 200


def test_people_who_disagree_are_drift(program):
    rows = answers(1300, 0, 3)
    fill(program, rows)
    frames = program.folder / "data/cats_and_dogs/frames"
    annotations = program.folder / "data/cats_and_dogs/annotations"
    frames.mkdir(parents=True)
    annotations.mkdir(parents=True)

    def label(rows, wrong, prefix):
        """Frames whose content is the digest's preimage, so that the lake joins them."""
        for i, row in enumerate(rows):
            other = "CAT" if row["label"] == "DOG" else "DOG"
            number = int(row["request_id"][1:])
            (frames / f"{prefix}{number}.png").write_text(str(number))
            (annotations / f"{prefix}{number}.json").write_text(
                json.dumps({"label": other if i < wrong else row["label"], "source": "manual"}))

    label(rows[:60], 2, "query-audit-")
    label(rows[1100:1160], 30, "query-audit-")
    program.ok("lake", "import")
    found = report(program)
    disagreement = found["inputs"][-1]
    assert disagreement["input"] == "disagreement"
    assert disagreement["verdict"] == "drifted"
    assert (disagreement["reference_count"], disagreement["current_count"]) == (60, 60)
    assert found["verdict"] == "drifted"
    assert found["accuracy"]["audited"]["count"] == 60
    assert found["accuracy"]["audited"]["right"] == 30


def test_frames_that_are_far_from_what_the_model_saw_at_first_are_reviewed_first(program):
    frames = program.folder / "data/cats_and_dogs/frames"
    frames.mkdir(parents=True)

    def add(row, name):
        (frames / name).write_text(str(int(row["request_id"][1:])))  # the digest's preimage

    usual = answers(1300, 0, 5)
    add(usual[1100], "a-usual.png")
    fill(program, usual)
    with LabelServer(program, "--drift-every", "1") as site:
        def order():
            return [item["name"] for item in site.json("GET", "/api/items?sort=drifted")["items"]]

        # Dark pictures come while the server runs; of one serve has put the file among the frames by itself.
        dark = answers(200, 1300, 6, brightness=0.15)
        dark[150]["frame"] = "query-z.png"
        add(dark[150], "query-z.png")
        add(dark[100], "z-dark.png")
        fill(program, dark)
        end = time.monotonic() + LIMIT_SECONDS
        while set(order()[:2]) != {"query-z.png", "z-dark.png"} and time.monotonic() < end:
            time.sleep(0.1)
        assert set(order()[:2]) == {"query-z.png", "z-dark.png"}
        assert order()[2] == "a-usual.png"
        site.stop()
    # The index keeps it.
    with LabelServer(program, "--drift-every", "0") as site:
        assert set(order()[:2]) == {"query-z.png", "z-dark.png"}


def test_flags_are_checked(program):
    for arguments in (["--window", "10"], ["--until", "yesterday"], ["--alpha", "2"], ["--needed-windows", "4"]):
        result = program.run("drift", "report", *arguments)
        assert result.returncode == 2, arguments
    assert program.run("drift", "show").returncode == 2
