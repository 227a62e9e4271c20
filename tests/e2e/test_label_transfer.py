"""Images and labels into the label server and out of it; suggestions of a model through it."""

import csv
import http.server
import io
import json
import threading
import time
import zipfile

import pytest
from label_process import FRAMES, LabelServer, add_frames, png


ODD = 'odd, "name" ü.png'


def zip_of(**members):
    """A zip; keys have "__" for "/"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def send(site, body, kind="application/zip", name=""):
    return site.json("POST", "/api/import" + name, body, {"Content-Type": kind, "X-Annotator": "anna"})["results"]


def download(site, format_name, query=""):
    status, headers, content = site.call("GET", f"/api/export?format={format_name}{query}")
    assert status == 200, content
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    return content


@pytest.fixture
def site(program):
    with LabelServer(program) as server:
        yield server


@pytest.fixture
def labelled(program):
    """Seven images: labelled by hand, kept, overridden, two of one stem, an odd name, one left."""
    add_frames(program, "hand.png", "kept.png", "over.png", "twin.bmp", "twin.png", ODD, "left.png")
    with LabelServer(program) as server:
        server.seed_label("hand.png", "CAT")
        server.seed_label("kept.png", "DOG", score=0.875, version=3)
        server.seed_label("over.png", "CAT", score=0.875, version=3)
        server.seed_label("twin.bmp", "CAT")
        server.seed_label("twin.png", "DOG")
        server.seed_label(ODD, "DOG", score=0.5, version=0)
        yield server


def known(site):
    """Everything that an export must carry, by name."""
    items = site.json("GET", "/api/items?limit=1000&state=labelled")["items"]
    return {item["name"]: {key: item[key] for key in ("label", "source", "score", "version")} for item in items}


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline


def test_images_come_in_one_by_one(site):
    assert send(site, png(1), "image/png", "?name=cat.1.png") == [{"name": "cat.1.png", "status": "imported", "as": "cat.1.png", "message": None}]
    assert (site.program.folder / FRAMES / "cat.1.png").read_bytes() == png(1)
    (again,) = send(site, png(1), "image/png", "?name=other.png")
    assert (again["status"], again["as"]) == ("duplicate", "cat.1.png")
    (taken,) = send(site, png(2), "image/png", "?name=cat.1.png")
    assert (taken["status"], taken["as"]) == ("imported", "cat.1-2.png")
    (outside,) = send(site, png(3), "image/png", "?name=..%2f..%2foutside.png")
    assert outside["as"] == "outside.png"
    assert not (site.program.folder / "outside.png").exists()
    for content in (b"<svg/>", b"<html>", b"", b"GIF89a"):
        (refused,) = send(site, content, "image/png", "?name=x.png")
        assert refused["status"] == "refused" and refused["message"]
    assert site.call("POST", "/api/import?name=x.svg", b"<svg/>", {"Content-Type": "text/html"})[0] == 415


def test_a_zip_comes_in_with_its_labels(site):
    results = send(site, zip_of(**{
        "set__CAT__1.png": png(1), "set__dog__2.png": png(2), "3.png": png(3), "bad.png": b"nothing",
        "annotations__3.json": json.dumps({"label": "DOG", "source": "auto", "score": 0.75, "version": 2}),
        "..__..__evil.png": png(4), "__MACOSX__5.png": png(5), "notes.txt": b"x",
    }))
    status = {result["name"]: result["status"] for result in results}
    assert status == {"set/CAT/1.png": "imported", "set/dog/2.png": "imported", "3.png": "imported", "bad.png": "refused",
                      "../../evil.png": "imported"} or status["bad.png"] == "refused"
    assert not (site.program.folder / "evil.png").exists()
    labels = known(site)
    assert labels["1.png"]["label"] == "CAT" and labels["2.png"]["label"] == "DOG"
    assert labels["3.png"] == {"label": "DOG", "source": "auto", "score": 0.75, "version": 2}


@pytest.mark.parametrize("body", [b"", b"PK", b"nonsense", zip_of(a=b"x")[:-10]], ids=["empty", "two letters", "text", "cut"])
def test_what_is_no_zip_is_told(site, body):
    assert site.call("POST", "/api/import", body, {"Content-Type": "application/zip"})[0] == 400


def test_a_bomb_is_refused_in_little_memory(site):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.png", bytes(40 << 20))
    status, _, content = site.call("POST", "/api/import", buffer.getvalue(), {"Content-Type": "application/zip"})
    assert status in (200, 400)
    assert b"limit" in content
    peak = next(line for line in open(f"/proc/{site.process.pid}/status", encoding="ascii") if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 200 * 1024


def test_the_json_export_holds_the_seeds_files_and_comes_back_whole(labelled, tmp_path_factory):
    before = known(labelled)
    assert len(before) == 6
    content = download(labelled, "json", "&images=true")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert "annotations/hand.json" in names and "frames/hand.png" in names
        assert {"annotations/twin.json", "annotations/twin.bmp.json"} <= set(names)
        assert json.loads(archive.read("annotations/kept.json")) == {"label": "DOG", "source": "auto", "score": 0.875, "version": 3}
        assert archive.testzip() is None
    program = type(labelled.program)(tmp_path_factory.mktemp("other"))
    with LabelServer(program) as other:
        results = send(other, content)
        assert {result["status"] for result in results} == {"imported"}
        # Both images of one stem keep their names.
        assert all(result["name"].split("/")[-1] == result["as"] for result in results)
        assert known(other) == before
        # Content that is there already is recognised, and its label stays.
        assert {result["status"] for result in send(other, content)} == {"duplicate"}
        assert known(other) == before


def test_csv_and_json_lines_hold_everything(labelled):
    before = known(labelled)
    rows = list(csv.DictReader(io.StringIO(download(labelled, "csv").decode())))
    for row in rows:
        item = before[row["name"]]
        assert (row["label"], row["source"]) == (item["label"], item["source"])
        assert row["score"] == ("" if item["score"] is None else repr(item["score"]))
        assert row["version"] == ("" if item["version"] is None else str(item["version"]))
    assert {row["name"] for row in rows} == set(before)
    lines = [json.loads(line) for line in download(labelled, "jsonl").decode().splitlines()]
    assert {line["name"]: {key: line[key] for key in ("label", "source", "score", "version")} for line in lines} == before
    everything = download(labelled, "jsonl", "&state=unlabelled,labelled").decode().splitlines()
    assert len(everything) == 7


def test_the_other_formats_hold_every_label(labelled):
    labels = {name: item["label"] for name, item in known(labelled).items()}
    coco = json.loads(download(labelled, "coco"))
    categories = {category["id"]: category["name"] for category in coco["categories"]}
    images = {image["id"]: image["file_name"] for image in coco["images"]}
    assert {images[entry["image_id"]]: categories[entry["category_id"]] for entry in coco["annotations"]} == labels
    assert all((image["width"], image["height"]) == (4, 4) for image in coco["images"])
    tasks = json.loads(download(labelled, "label-studio"))
    assert {task["data"]["name"]: task["annotations"][0]["result"][0]["value"]["choices"][0] for task in tasks} == labels
    with zipfile.ZipFile(io.BytesIO(download(labelled, "imagefolder"))) as archive:
        assert {name.split("/")[1]: name.split("/")[0] for name in archive.namelist()} == labels
    with zipfile.ZipFile(io.BytesIO(download(labelled, "huggingface"))) as archive:
        lines = [json.loads(line) for line in archive.read("metadata.jsonl").decode().splitlines()]
        assert {line["file_name"]: line["label"] for line in lines} == labels
        assert set(archive.namelist()) == set(labels) | {"metadata.jsonl"}


class Model(http.server.ThreadingHTTPServer):
    """A prediction API that answers as it is told to."""

    def __init__(self):
        self.delay = threading.Event()
        self.delay.set()
        self.status = 200
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body["base_64_str"][:8])
        self.server.delay.wait(20)
        self.answer(self.server.status, {"animal": "dog", "score": 0.75, "version": 2})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def model():
    server = Model()
    yield server
    server.delay.set()
    server.shutdown()
    server.server_close()


def suggestion(site, name):
    return site.json("POST", "/api/predictions", {"names": [name]})["items"][0]["prediction"]


def test_suggestions_come_through_the_server(program, model):
    with LabelServer(program, "--predict-url", model.url, frames=["a.png", "b.png"]) as site:
        wait_for(lambda: site.json("GET", "/api/session")["predictions"] == "on")
        assert suggestion(site, "a.png") == {"label": "DOG", "score": 0.75, "version": 2}
        shown = {"label": "DOG", "score": 0.75, "version": 2}
        assert site.change("a.png", 0, label="DOG", shown=shown)["item"]["source"] == "auto"
        assert site.annotation("a.json") == {"label": "DOG", "source": "auto", "score": 0.75, "version": 2}


def test_a_late_prediction_does_not_overwrite_a_persons_choice(program, model):
    model.delay.clear()
    with LabelServer(program, "--predict-url", model.url, frames=["a.png"]) as site:
        wait_for(lambda: site.json("GET", "/api/session")["predictions"] == "on")
        begun = time.monotonic()
        assert suggestion(site, "a.png") is None
        assert time.monotonic() - begun < 10
        site.change("a.png", 0, label="CAT")
        model.delay.set()
        wait_for(lambda: site.item("a.png")["prediction"] is not None)
        assert site.item("a.png")["label"] == "CAT"
        assert site.annotation("a.json") == {"label": "CAT", "source": "manual", "score": None, "version": None}


def test_labelling_goes_on_without_the_model_and_with_one_that_fails(program, model):
    with LabelServer(program, "--predict-url", "http://127.0.0.1:9", frames=["a.png"]) as site:
        assert site.change("a.png", 0, label="CAT")["status"] == 200
        assert suggestion(site, "a.png") is None
        assert site.json("GET", "/api/session")["predictions"] == "unreachable"
        assert "stopped" in site.stop()
    model.status = 500
    with LabelServer(program, "--predict-url", model.url) as site:
        wait_for(lambda: site.json("GET", "/api/session")["predictions"] == "on")
        assert suggestion(site, "a.png") is None
        assert site.change("a.png", 1, label="DOG")["status"] == 200
