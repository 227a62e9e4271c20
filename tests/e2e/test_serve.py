"""`serve` as TorchServe's clients and operators meet it: the real program, over sockets."""

import base64
import concurrent.futures
import json
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import cv2
import numpy as np
import pytest

from conftest import SHARED, Program
from serve_process import Serve, trusting

FRAMES = "data/cats_and_dogs/frames"
SNAPSHOT = {"name": "startup.cfg", "modelCount": 1, "models": {"animal": {"1.0": {
    "defaultVersion": True, "marName": "animal.mar", "minWorkers": 1, "maxWorkers": 1, "batchSize": 2,
    "maxBatchDelay": 100, "responseTimeout": 30000}}}}


@pytest.fixture(scope="module")
def packed(demo_workspace, tmp_path_factory):
    """A workspace with animal.mar (1.0) and animal2.mar (2.0) in its model store; tests copy it."""
    folder = tmp_path_factory.mktemp("serve") / "workspace"
    shutil.copytree(demo_workspace.folder, folder, symlinks=True)
    program = Program(folder)
    (folder / "model_store").mkdir()
    for version, name in (("1.0", "animal.mar"), ("2.0", "animal2.mar")):
        program.ok("archive", "--model-name", "animal", "--version", version, "--serialized-file", "base_model.pth",
                   "--export-path", f"out/{version}")
        shutil.move(folder / "out" / version / "animal.mar", folder / "model_store" / name)
    return program


@pytest.fixture
def site(packed, tmp_path):
    shutil.copytree(packed.folder, tmp_path / "workspace", symlinks=True)
    return Program(tmp_path / "workspace")


def picture(program):
    return sorted((program.folder / FRAMES).iterdir())[0]


def expected_score(program):
    line = program.ok("infer", picture(program), "base_model", "--json").stdout
    return json.loads(line)["score"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def trailing_comma(text):
    return text.replace("30000", "30000,")


@pytest.mark.parametrize("form", ["one line", "several lines"])
def test_the_replaced_systems_config_loads_as_it_is(site, form):
    ports = [free_port() for _ in range(3)]
    snapshot = json.dumps(SNAPSHOT, separators=(",", ":")) if form == "one line" else json.dumps(SNAPSHOT, indent=4)
    (site.folder / "config.properties").write_text(
        f"inference_address=http://127.0.0.1:{ports[0]}\ninference_address=http://127.0.0.1:{ports[0]}\n"
        f"management_address=http://127.0.0.1:{ports[1]}\nmetrics_address=http://127.0.0.1:{ports[2]}\n"
        "model_store=./model_store/\nload_models=animal.mar\nmin_workers=1\nmax_workers=1\n"
        f"default_workers_per_model=1\nmodel_snapshot={trailing_comma(snapshot)}\n")
    with Serve(site, "--config", "config.properties", addresses=False) as server:
        assert server.ready["inference"] == f"http://127.0.0.1:{ports[0]}"
        (model,) = server.json("management", "GET", "/models/animal")
        assert (model["batchSize"], model["responseTimeout"], model["minWorkers"]) == (2, 30000, 1)
        log = server.stop()
    assert "inference_address is given again" in log and "min_workers is not known" in log


def test_a_picture_gets_the_same_score_in_every_form(site):
    data = picture(site).read_bytes()
    encoded = base64.b64encode(data).decode()
    form = (b'--x\r\nContent-Disposition: form-data; name="data"; filename="a.png"\r\n\r\n' + data + b"\r\n--x--\r\n")
    score = expected_score(site)
    expected = {"animal": "dog" if score >= 0.5 else "cat", "score": score}
    with Serve(site, "--models", "animal.mar") as server:
        for method, path, body, headers in [
            ("PUT", "/predictions/animal", data, {}),
            ("POST", "/predictions/animal/1.0", data, {"Content-Type": "image/png"}),
            ("POST", "/predictions/animal", json.dumps(encoded), {"Content-Type": "application/json"}),
            ("POST", "/predictions/animal", form, {"Content-Type": "multipart/form-data; boundary=x"}),
            ("POST", "/invocations", data, {}),
            ("POST", "/models/animal/invoke", data, {}),
            ("POST", "/animal/predict", data, {}),
        ]:
            status, headers, content = server.call("inference", method, path, body, headers)
            assert status == 200, content
            answer = json.loads(content)
            assert answer["animal"] == expected["animal"] and abs(answer["score"] - score) < 1e-6, (method, path)
            assert content == (json.dumps(answer, indent=2) + "\n").encode()
            assert headers["Cache-Control"] == "no-cache; no-store, must-revalidate, private"
            assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-request-id"])
        instances = json.dumps({"instances": [{"b64": encoded}]})
        for path in ("/predictions/animal", "/v1/models/animal:predict"):
            (answer,) = server.json("inference", "POST", path, instances)["predictions"]
            assert abs(answer["score"] - score) < 1e-6
        assert server.json("inference", "GET", "/ping") == {"status": "Healthy"}
        assert server.json("inference", "GET", "/api-description")["openapi"] == "3.0.1"
        assert server.json("inference", "OPTIONS", "/predictions/animal")["openapi"] == "3.0.1"
        assert b"ts_inference_requests_total" in server.call("metrics", "GET", "/metrics")[2]
        assert server.call("inference", "GET", "/v2/health/ready")[0] == 200
        server.stop()


def test_errors_have_torchserves_form_and_close_the_connection(site):
    with Serve(site, "--models", "animal.mar") as server:
        for listener, method, path, body, status, kind in [
            ("inference", "POST", "/predictions/x", b"x", 404, "ModelNotFoundException"),
            ("inference", "POST", "/predictions/animal/9", b"x", 404, "ModelVersionNotFoundException"),
            ("inference", "POST", "/predictions/animal", b"no picture", 400, "BadRequestException"),
            ("inference", "POST", "/predictions/animal", b"", 400, "BadRequestException"),
            ("inference", "POST", "/explanations/animal", b"x", 501, "NotImplementedException"),
            ("inference", "GET", "/nothing", None, 404, "ResourceNotFoundException"),
            ("inference", "DELETE", "/ping", None, 405, "MethodNotAllowedException"),
            ("management", "POST", "/models?url=animal2.mar", None, 405, "MethodNotAllowedException"),
            ("management", "PUT", "/models/animal?min_worker=2&max_worker=1", None, 400, "BadRequestException"),
        ]:
            found, headers, content = server.call(listener, method, path, body)
            error = json.loads(content)
            assert (found, error["code"], error["type"]) == (status, status, kind), (path, content)
            assert headers["Connection"] == "close"
        found, _, _ = server.call("inference", "POST", "/predictions/animal", b"x" * 7_000_000)
        assert found == 413
        server.stop()


def test_models_come_and_go_under_load_and_no_request_is_lost(site):
    data = picture(site).read_bytes()
    failures, answered, done = [], [0], threading.Event()

    def client(server):
        while not done.is_set():
            try:
                status, _, content = server.call("inference", "POST", "/predictions/animal", data)
            except OSError as error:
                failures.append(repr(error))
                continue
            answered[0] += 1
            if status != 200:
                failures.append(content)

    with Serve(site, "--models", "animal.mar", "--enable-model-api") as server:
        clients = [threading.Thread(target=client, args=(server,)) for _ in range(3)]
        for thread in clients:
            thread.start()
        for _ in range(5):
            assert "Version: 2.0 registered with 1 initial workers" in server.json(
                "management", "POST", "/models?url=animal2.mar&initial_workers=1")["status"]
            server.json("management", "PUT", "/models/animal/2.0/set-default")
            assert server.json("management", "PUT", "/models/animal/2.0?min_worker=3&synchronous=true")["status"] == (
                "Workers scaled to 3 for model: animal, version: 2.0")
            server.json("management", "PUT", "/models/animal/1.0/set-default")
            server.json("management", "DELETE", "/models/animal/2.0")
        assert len(server.json("management", "GET", "/models/animal/all")) == 1
        done.set()
        for thread in clients:
            thread.join()
        server.stop()
    assert failures == [] and answered[0] > 0


def test_sigterm_answers_the_requests_that_have_arrived(site):
    data = picture(site).read_bytes()
    with Serve(site, "--models", "animal.mar") as server:
        host, port = server.ready["inference"].removeprefix("http://").split(":")
        # A request whose head has arrived and whose body has not: it counts as accepted.
        begun = socket.create_connection((host, int(port)), timeout=30)
        begun.sendall(f"POST /predictions/animal HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode())
        begun.sendall(data[:10])
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection((host, int(port)), timeout=5).close()
            except OSError:
                break
        begun.sendall(data[10:])
        answer = b""
        while part := begun.recv(65536):
            answer += part
        begun.close()
        _, log = server.process.communicate(timeout=60)
        assert server.process.returncode == 0, log
        assert answer.startswith(b"HTTP/1.1 200") and b'"animal"' in answer
        assert "cut off" not in log


def test_a_restart_restores_what_was_registered_unless_told_not_to(site):
    with Serve(site, "--models", "animal.mar", "--enable-model-api") as server:
        server.json("management", "POST", "/models?url=animal2.mar&initial_workers=1&batch_size=3")
        server.json("management", "PUT", "/models/animal/2.0/set-default")
        server.stop()
    with Serve(site, "--models", "animal.mar") as server:
        versions = server.json("management", "GET", "/models/animal/all")
        assert [version["modelVersion"] for version in versions] == ["1.0", "2.0"]
        assert versions[1]["batchSize"] == 3 and versions[1]["loadedAtStartup"]
        assert server.json("management", "GET", "/models/animal")[0]["modelVersion"] == "2.0"
        server.stop()
    with Serve(site, "--models", "animal.mar", "--ncs") as server:
        assert len(server.json("management", "GET", "/models/animal/all")) == 1
        server.stop()
    # A configuration that asks for something else is not overruled by the past.
    with Serve(site, "--models", "animal2.mar") as server:
        assert [version["modelVersion"] for version in server.json("management", "GET", "/models/animal/all")] == ["2.0"]
        server.stop()


def test_tls_and_tokens(site):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                   cwd=site.folder, check=True, capture_output=True)
    (site.folder / "config.properties").write_text(
        "inference_address=https://127.0.0.1:0\nmanagement_address=http://127.0.0.1:0\nmetrics_address=http://127.0.0.1:0\n"
        "certificate_file=cert.pem\nprivate_key_file=key.pem\nload_models=animal.mar\ndisable_token_authorization=false\n")
    data = picture(site).read_bytes()
    with Serve(site, addresses=False) as server:
        server.context = trusting(site.folder / "cert.pem")
        assert server.ready["inference"].startswith("https://")
        key_file = site.folder / "key_file.json"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600

        def bearer(name):
            return {"Authorization": "Bearer " + json.loads(key_file.read_text())[name]["key"]}

        error = server.json("inference", "POST", "/predictions/animal", data, status=400)
        assert error["message"] == (
            "Token Authorization failed. Token either incorrect, expired, or not provided correctly")
        server.json("inference", "POST", "/predictions/animal", data, bearer("inference"))
        server.json("inference", "GET", "/ping")
        server.json("management", "GET", "/models", headers=bearer("inference"), status=400)
        before = bearer("management")
        server.json("management", "GET", "/models", headers=before)
        server.json("management", "GET", "/token?type=management", headers=bearer("API"))
        server.json("management", "GET", "/models", headers=before, status=400)
        server.json("management", "GET", "/models", headers=bearer("management"))
        server.stop()


def test_sighup_does_not_end_it(site):
    with Serve(site, "--models", "animal.mar") as server:
        server.process.send_signal(signal.SIGHUP)
        assert server.json("inference", "GET", "/ping") == {"status": "Healthy"}
        assert "stopped" in server.stop()


@pytest.mark.skipif(not (SHARED / "data/hostile").exists(), reason="the hostile pictures are not there")
def test_hostile_pictures_are_answered_and_harm_nothing(site):
    files = sorted(path for path in (SHARED / "data/hostile").rglob("*") if path.is_file())
    assert files
    with Serve(site, "--models", "animal.mar") as server:
        for file in files:
            status, _, content = server.call("inference", "PUT", "/predictions/animal", file.read_bytes())
            assert status == 200 or 400 <= status < 500, (file.name, status, content)
        (model,) = server.json("management", "GET", "/models/animal")
        assert len(model["workers"]) == model["minWorkers"]
        assert server.call("inference", "PUT", "/predictions/animal", picture(site).read_bytes())[0] == 200
        server.stop()


def resident_mebibytes(process):
    pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def test_memory_for_large_pictures_goes_back(site):
    """Each thread that had decoded one used to keep its memory: 16 connections cost 600 MiB."""
    large = cv2.imencode(".png", np.full((2500, 3500, 3), 90, np.uint8))[1].tobytes()
    with Serve(site, "--models", "animal.mar") as server:
        def send(connections):
            def ask():
                assert server.call("inference", "PUT", "/predictions/animal", large)[0] == 200
            with concurrent.futures.ThreadPoolExecutor(connections) as pool:
                for answer in [pool.submit(ask) for _ in range(2 * connections)]:
                    answer.result()
        send(1)
        before = resident_mebibytes(server.process)
        send(16)
        assert resident_mebibytes(server.process) < before + 100
        server.stop()


def test_no_model_is_no_failure_and_says_so(program):
    with Serve(program) as server:
        assert server.ready["models"] == []
        assert server.json("management", "GET", "/models") == {"models": []}
        assert "no model is registered yet" in server.stop()


def test_what_cannot_be_started_says_why(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = site.run("serve", "--inference-address", f"http://127.0.0.1:{port}", "--prediction-port", "0")
    assert result.returncode == 5 and str(port) in result.stderr
    for arguments, code, reason in [
        (["--models", "gone.mar", "--inference-address", "http://127.0.0.1:0", "--management-address",
          "http://127.0.0.1:0", "--metrics-address", "http://127.0.0.1:0", "--prediction-port", "0"], 3, "gone.mar"),
        (["--inference-address", "ftp://x"], 2, "http://HOST:PORT"),
        (["--inference-address", "https://127.0.0.1:0"], 2, "certificate_file"),
        (["--config", "none.properties"], 3, "none.properties"),
        (["--config", "a.properties", "--ts-config", "b.properties"], 2, "two files"),
    ]:
        result = site.run("serve", *arguments)
        assert result.returncode == code and reason in result.stderr, (arguments, result.stderr)


def test_names_outside_the_store_are_not_served(site):
    shutil.move(site.folder / "model_store/animal2.mar", site.folder / "outside.mar")
    with Serve(site, "--enable-model-api") as server:
        for url in ("../outside.mar", pathlib.Path(site.folder / "outside.mar"), "http://127.0.0.1:1/a.mar"):
            error = server.json("management", "POST", f"/models?url={url}",
                                status=400 if str(url).startswith("http") else 404)
            assert error["type"] in ("ModelNotFoundException", "DownloadArchiveException")
        server.stop()
