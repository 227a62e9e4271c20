"""The prediction API of `serve`: the seed's requests, the canary, what is stored, in the real program."""

import base64
import hashlib
import http.client
import json
import pathlib
import shutil
import signal
import urllib.parse

import pytest

from conftest import SHARED, LIMIT_SECONDS, Program

MODELS = "models/cats_and_dogs"
FRAMES = "data/cats_and_dogs/frames"
HALF = {"traffic": 0.5, "current_version": 2, "previous_version": 1}


class Server:
    """`animalctl serve` in a workspace, on free ports."""

    def __init__(self, program, *arguments):
        self.process = program.start(
            "serve", "--ncs", "--model-store", "model_store", "--models", "all", "--prediction-port", "0",
            "--inference-address", "http://127.0.0.1:0", "--management-address", "http://127.0.0.1:0",
            "--metrics-address", "http://127.0.0.1:0", *arguments)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.urls = json.loads(line)
        self.address = urllib.parse.urlparse(self.urls["prediction"]).netloc

    def call(self, method, path, body=None, headers=None):
        """Status, headers and decoded body of one call."""
        connection = http.client.HTTPConnection(self.address, timeout=LIMIT_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            content = response.read()
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            return response.status, response.headers, json.loads(content) if is_json and content else content
        finally:
            connection.close()

    def predict(self, picture, **headers):
        return self.call("POST", "/predict", picture,
                         {"Content-Type": "image/png", **{name.replace("_", "-"): value for name, value in headers.items()}})

    def stop(self):
        """Ends it as an operator does; returns what it logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=LIMIT_SECONDS)
        assert self.process.returncode == 0, log
        return log


@pytest.fixture(scope="module")
def store(demo_workspace, tmp_path_factory):
    """A workspace whose model store has versions 1.0 and 2.0 of "animal", trained for a different time."""
    folder = tmp_path_factory.mktemp("prediction") / "workspace"
    shutil.copytree(demo_workspace.folder, folder, symlinks=True)
    program = Program(folder)
    program.ok("train", "data/train.csv", "data/val.csv", "--model-filename", "newer", "--num-epochs", 4)
    for version, model in (("1.0", "base_model"), ("2.0", "newer")):
        program.ok("archive", "--model-name", "animal", "--version", version, "--serialized-file", f"{MODELS}/{model}.pth",
                   "--export-path", f"packed/{version}")
        shutil.move(folder / f"packed/{version}/animal.mar", folder / f"animal-{version}.mar")
    (folder / "model_store").mkdir()
    for version in ("1.0", "2.0"):
        shutil.move(folder / f"animal-{version}.mar", folder / "model_store" / f"animal-{version}.mar")
    return program


@pytest.fixture
def server(store, tmp_path):
    shutil.copytree(store.folder, tmp_path / "workspace", symlinks=True)
    program = Program(tmp_path / "workspace")
    (tmp_path / "workspace/config").mkdir()
    (tmp_path / "workspace/config/config.json").write_text(json.dumps(HALF), encoding="utf-8")
    running = Server(program, "--store-images")
    running.folder = program.folder
    yield running
    running.stop()


def pictures(folder):
    return [path.read_bytes() for path in sorted((pathlib.Path(folder) / FRAMES).glob("*.png"))]


def records(folder):
    lines = []
    for path in sorted((pathlib.Path(folder) / "logs/predictions").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return lines


def test_every_form_of_a_picture_gets_the_models_answer(server, store):
    frame = sorted((store.folder / FRAMES).glob("*.png"))[0]
    picture = frame.read_bytes()
    expected = json.loads(store.ok("infer", frame.name, "newer", "--json").stdout)
    forced = {"X-Model-Version": "2"}
    body = json.dumps({"base_64_str": base64.b64encode(picture).decode()})
    form = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            + picture + b"\r\n--x--\r\n")
    for path, content, kind in (
        ("/predict", body, "application/json"),
        ("/predict", picture, "image/png"),
        ("/upload", form, "multipart/form-data; boundary=x"),
    ):
        status, headers, answer = server.call("POST", path, content, {"Content-Type": kind, **forced})
        assert status == 200, answer
        assert headers["Content-Type"] == "application/json"
        assert list(answer) == ["animal", "score", "version"]
        assert answer["version"] == 2
        assert answer["animal"] == expected["animal"].upper()
        assert answer["score"] == pytest.approx(expected["score"], abs=1e-6)


def test_greeting_health_and_cors(server):
    assert server.call("GET", "/")[2] == {"message": "Welcome to the Animal Classifier API!"}
    assert server.call("GET", "/health")[::2] == (200, {})
    status, headers, _ = server.call("OPTIONS", "/predict", None, {
        "Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert headers["Access-Control-Allow-Credentials"] == "true"


def test_pages_are_in_the_program(server):
    status, headers, page = server.call("GET", "/", None, {"Accept": "text/html,*/*"})
    if headers["Content-Type"] == "application/json":
        pytest.skip("built without pages (ANIMALCTL_WITH_WEB=OFF)")
    assert status == 200 and b"<!doctype html>" in page
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert server.call("GET", "/", None, {"Accept": "text/html", "If-None-Match": headers["ETag"]})[0] == 304
    status, headers, _ = server.call("GET", "/docs/swagger-ui-bundle.js", None, {"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"], headers["X-Content-Type-Options"]) == (200, "gzip", "nosniff")


def test_canary_shares_and_what_is_stored(server):
    sent = pictures(server.folder)
    answers = [server.predict(picture) for picture in sent]
    assert {status for status, _, _ in answers} == {200}
    versions = [answer["version"] for _, _, answer in answers]
    assert 0.25 < versions.count(2) / len(versions) < 0.75
    assert [server.predict(picture)[2]["version"] for picture in sent[:10]] == versions[:10]
    server.stop()  # the queue of the sink is drained
    stored = records(server.folder)
    assert len(stored) == len(sent) + 10
    for (_, headers, answer), line, picture in zip(answers, stored, sent):
        assert line["request_id"] == headers["x-request-id"]
        assert line["image"] == hashlib.sha256(picture).hexdigest()
        assert (line["version"], line["label"]) == (answer["version"], answer["animal"])
        assert line["role"] == ("current" if answer["version"] == 2 else "previous")
        assert line["score"] == pytest.approx(answer["score"], abs=1e-6)
        image = server.folder / "logs/predictions/images" / line["image_file"]
        assert image.read_bytes() == picture
    kept = [path for path in (server.folder / "logs/predictions/images").rglob("*") if path.is_file()]
    assert len(kept) == len(set(sent))


def test_config_is_changed_read_again_and_refused(server):
    config = server.folder / "config/config.json"
    shadowed = {"traffic": 0.0, "current_version": 2, "previous_version": 1, "shadow": True}
    assert server.call("PUT", "/api/update-config", json.dumps(shadowed))[::2] == (200, shadowed)
    assert json.loads(config.read_text()) == shadowed
    assert server.predict(pictures(server.folder)[0])[2]["version"] == 1

    missing = {"traffic": 1.0, "current_version": 3, "previous_version": 1}
    status, _, answer = server.call("PUT", "/api/update-config", json.dumps(missing))
    assert status == 409 and "version 3 of the model animal is not loaded; loaded are 1, 2" in answer["message"]
    assert json.loads(config.read_text()) == shadowed
    config.write_text(json.dumps(HALF), encoding="utf-8")
    assert server.call("PUT", "/api/update-config")[::2] == (200, HALF)
    config.write_text("{", encoding="utf-8")
    assert server.call("PUT", "/api/update-config")[0] == 422
    assert server.call("GET", "/api/get-config")[2] == HALF
    config.write_text(json.dumps({**HALF, "traffic": 0.25}), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(1000):
        if server.call("GET", "/api/get-config")[2]["traffic"] == 0.25:
            break
    else:
        pytest.fail("SIGHUP did not read the config again")
    server.stop()
    shadow = [line for line in records(server.folder) if line["role"] == "shadow"]
    assert [line["version"] for line in shadow] == [2]


@pytest.mark.parametrize(
    "path, body, headers, status",
    [
        ("/predict", '{"base_64_str":""}', {"Content-Type": "application/json"}, 422),
        ("/predict", "{", {"Content-Type": "application/json"}, 400),
        ("/predict", '{"base_64_str":"!"}', {"Content-Type": "application/json"}, 422),
        ("/predict", "x", {"Content-Type": "text/html"}, 415),
        ("/predict", b"no picture", {"Content-Type": "image/png"}, 422),
        ("/predict", b"x", {"Content-Type": "image/png", "X-Model-Version": "9"}, 404),
        ("/predict", b"x", {"Content-Type": "image/png", "X-Request-Timeout-Ms": "0"}, 400),
        ("/predict", b"x" * 7_000_000, {"Content-Type": "image/png"}, 413),
        ("/upload", b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 422),
        ("/upload", b"garbage", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        ("/nothing", "", {}, 404),
    ],
)
def test_errors_are_a_message(server, path, body, headers, status):
    answered, _, answer = server.call("POST", path, body, headers)
    assert answered == status, answer
    assert list(answer) == ["message"] and answer["message"]


def test_hostile_pictures_are_200_or_4xx(server):
    folder = SHARED / "data/hostile"
    if not folder.is_dir():
        pytest.skip("the hostile pictures are not there")
    statuses = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status, _, answer = server.predict(path.read_bytes())
            statuses.setdefault(status, []).append(path.name)
            assert status == 200 or (400 <= status < 500 and answer["message"]), (path, status, answer)
    assert 200 in statuses and 422 in statuses
    assert server.call("GET", "/health")[0] == 200


def test_without_a_config_the_default_version_answers(store, tmp_path):
    shutil.copytree(store.folder, tmp_path / "workspace", symlinks=True)
    program = Program(tmp_path / "workspace")
    (program.folder / "model_store/animal-1.0.mar").unlink()
    server = Server(program, "--sink-dir", "")
    assert server.call("GET", "/api/get-config")[2] == {"traffic": 1.0, "current_version": 2, "previous_version": 2}
    assert server.predict(pictures(program.folder)[0])[2]["version"] == 2
    assert "no canary config" in server.stop()
    assert not (program.folder / "logs/predictions").exists()


def test_a_version_that_is_not_loaded_is_said_at_the_start(store, tmp_path):
    shutil.copytree(store.folder, tmp_path / "workspace", symlinks=True)
    program = Program(tmp_path / "workspace")
    (program.folder / "config").mkdir()
    (program.folder / "config/config.json").write_text('{"traffic":1,"current_version":7,"previous_version":2}')
    server = Server(program)
    assert server.call("GET", "/health")[0] == 503
    assert "version 7 of the model animal is not loaded" in server.stop()
    (program.folder / "config/config.json").write_text('{"traffic":7}')
    process = program.start("serve", "--ncs", "--prediction-port", "0")
    _, log = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 2 and "config.json" in log
