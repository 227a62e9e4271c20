"""`serve` as clients of KServe V1, the Open Inference Protocol V2 and Prometheus meet it; signed and downloaded archives."""

import base64
import json
import shutil
import struct
import subprocess

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import Program
from file_server import serve_files
from serve_process import Serve

FRAMES = "data/cats_and_dogs/frames"


@pytest.fixture(scope="module")
def packed(demo_workspace, tmp_path_factory):
    """A workspace with animal.mar, signed by ours.pem, in its model store; tests copy it."""
    folder = tmp_path_factory.mktemp("protocols") / "workspace"
    shutil.copytree(demo_workspace.folder, folder, symlinks=True)
    program = Program(folder)
    for name in ("ours", "theirs"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{name}.pem"], cwd=folder, check=True)
        subprocess.run(["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub"], cwd=folder, check=True)
    program.ok("archive", "--model-name", "animal", "--version", "1.0", "--serialized-file", "base_model.pth",
               "--export-path", "model_store", "--sign", "ours.pem")
    return program


@pytest.fixture
def site(packed, tmp_path):
    shutil.copytree(packed.folder, tmp_path / "workspace", symlinks=True)
    return Program(tmp_path / "workspace")


@pytest.fixture(scope="module")
def server(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("running") / "workspace"
    shutil.copytree(packed.folder, folder, symlinks=True)
    with Serve(Program(folder), "--models", "animal.mar") as running:
        yield running
        running.stop()


@pytest.fixture(scope="module")
def pictures(packed):
    return [path.read_bytes() for path in sorted((packed.folder / FRAMES).iterdir())[:3]]


@pytest.fixture(scope="module")
def scores(packed):
    """P(DOG) of the three pictures, as `infer` gives it."""
    frames = sorted((packed.folder / FRAMES).iterdir())[:3]
    return [json.loads(packed.ok("infer", frame, "base_model", "--json").stdout)["score"] for frame in frames]


def text(picture):
    return base64.b64encode(picture).decode()


def infer(server, request, binary=b"", path="/v2/models/animal/infer", status=200):
    """The JSON of a V2 answer and the bytes behind it."""
    document = json.dumps(request).encode()
    headers = {"Inference-Header-Content-Length": str(len(document))} if binary else {}
    found, fields, content = server.call("inference", "POST", path, document + binary, headers)
    assert found == status, content
    size = int(fields.get("Inference-Header-Content-Length", len(content)))
    return json.loads(content[:size]), content[size:]


def output(answer, name):
    (found,) = [each for each in answer["outputs"] if each["name"] == name]
    return found


# --- KServe V1 ---

@pytest.mark.parametrize("wrap", [
    lambda encoded: encoded, lambda encoded: {"b64": encoded}, lambda encoded: {"image_bytes": {"b64": encoded}},
    lambda encoded: {"data": encoded}, lambda encoded: {"image": encoded}, lambda encoded: {"body": encoded}])
def test_kserve_v1_answers_instances_in_their_order(server, pictures, scores, wrap):
    body = json.dumps({"instances": [wrap(text(picture)) for picture in pictures]})
    predictions = server.json("inference", "POST", "/v1/models/animal:predict", body)["predictions"]
    assert np.allclose([prediction["score"] for prediction in predictions], scores, atol=1e-6)


def test_kserve_v1_answers_the_good_instances_beside_a_bad_one(server, pictures, scores):
    body = json.dumps({"instances": [text(pictures[0]), text(b"no picture"), text(pictures[1])]})
    first, bad, last = server.json("inference", "POST", "/v1/models/animal:predict", body)["predictions"]
    assert np.allclose([first["score"], last["score"]], scores[:2], atol=1e-6)
    assert bad["code"] == 400 and bad["type"] == "BadRequestException"


def test_kserve_v1_lists_models_and_says_what_is_wrong(server):
    assert "animal" in json.dumps(server.json("inference", "GET", "/v1/models"))
    ready = server.json("inference", "GET", "/v1/models/animal")
    assert (ready["name"], ready["ready"]) == ("animal", True)
    for path, body, status in [("/v1/models/animal:predict", "{", 400), ("/v1/models/animal:predict", "{}", 400),
                               ("/v1/models/animal:predict", json.dumps({"instances": []}), 400),
                               ("/v1/models/animal:predict", json.dumps({"instances": [text(b"x")]}), 400),
                               ("/v1/models/none:predict", json.dumps({"instances": ["eA=="]}), 404)]:
        assert server.json("inference", "POST", path, body, status=status)["message"]


# --- Open Inference Protocol V2 ---

def test_v2_says_what_there_is(server):
    about = server.json("inference", "GET", "/v2")
    assert about["name"] == "animalctl" and "binary_tensor_data" in about["extensions"]
    assert server.json("inference", "GET", "/v2/health/live") == {"live": True}
    assert server.json("inference", "GET", "/v2/health/ready") == {"ready": True}
    for path in ("/v2/models/animal", "/v2/models/animal/versions/1.0"):
        model = server.json("inference", "GET", path)
        assert model["name"] == "animal" and model["versions"] == ["1.0"]
        assert {each["name"] for each in model["inputs"]} == {"image", "pixels", "input"}
        assert {each["name"] for each in model["outputs"]} == {"probabilities", "label"}
        assert server.json("inference", "GET", path + "/ready")["ready"] is True
    assert server.json("inference", "GET", "/v2/models/none", status=400)["error"]
    assert server.json("inference", "POST", "/v2/repository/models/animal/unload", "{}", status=405)["error"]
    (entry,) = server.json("inference", "POST", "/v2/repository/index", "{}")
    assert (entry["name"], entry["version"], entry["state"]) == ("animal", "1.0", "READY")


def test_v2_takes_pictures_as_base64_and_as_bytes(server, pictures, scores):
    named = {"name": "image", "datatype": "BYTES", "shape": [3]}
    answer, _ = infer(server, {"id": "seven", "inputs": [{**named, "data": [text(picture) for picture in pictures]}]})
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("animal", "1.0", "seven")
    probabilities = output(answer, "probabilities")
    assert (probabilities["datatype"], probabilities["shape"]) == ("FP32", [3, 2])
    assert np.allclose(np.array(probabilities["data"]).reshape(3, 2), [[1 - score, score] for score in scores], atol=1e-6)
    assert output(answer, "label")["data"] == ["dog" if score >= 0.5 else "cat" for score in scores]

    binary = b"".join(struct.pack("<I", len(picture)) + picture for picture in pictures)
    request = {"inputs": [{**named, "parameters": {"binary_data_size": len(binary)}}],
               "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}
    answer, behind = infer(server, request, binary, path="/v2/models/animal/versions/1.0/infer")
    assert output(answer, "probabilities")["parameters"]["binary_data_size"] == len(behind) == 3 * 2 * 4
    assert np.allclose(np.frombuffer(behind, "<f4").reshape(3, 2)[:, 1], scores, atol=1e-6)


def test_v2_takes_one_picture_as_the_whole_body(server, pictures, scores):
    status, _, content = server.call("inference", "POST", "/v2/models/animal/infer", pictures[0],
                                     {"Inference-Header-Content-Length": "0"})
    assert status == 200, content
    assert abs(output(json.loads(content), "probabilities")["data"][1] - scores[0]) < 1e-6


def test_v2_takes_pixels_and_prepared_input(server):
    pixels = np.random.default_rng(1).integers(0, 256, (2, 20, 30, 3), dtype=np.uint8)
    request = {"inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [2, 20, 30, 3], "data": pixels.ravel().tolist()}]}
    by_json = output(infer(server, request)[0], "probabilities")["data"]
    del request["inputs"][0]["data"]
    request["inputs"][0]["parameters"] = {"binary_data_size": pixels.nbytes}
    assert output(infer(server, request, pixels.tobytes())[0], "probabilities")["data"] == by_json

    (described,) = [each for each in server.json("inference", "GET", "/v2/models/animal")["inputs"] if each["name"] == "input"]
    shape = [1, *described["shape"][1:]]
    values = np.zeros(shape, "<f4")
    request = {"inputs": [{"name": "input", "datatype": "FP32", "shape": shape, "data": values.tolist()}]}
    nested = output(infer(server, request)[0], "probabilities")["data"]
    assert len(nested) == 2 and abs(sum(nested) - 1) < 1e-6


def test_v2_classifies_as_triton_writes_it(server, pictures, scores):
    request = {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1, 1], "data": [text(pictures[0])]}],
               "outputs": [{"name": "probabilities", "parameters": {"classification": 1}}]}
    (line,) = output(infer(server, request)[0], "probabilities")["data"]
    value, index, name = line.split(":")
    assert abs(float(value) - max(scores[0], 1 - scores[0])) < 1e-5
    assert (int(index), name) == ((1, "dog") if scores[0] >= 0.5 else (0, "cat"))


@pytest.mark.parametrize("request_body", [
    "{", "[]", {}, {"inputs": []},
    {"inputs": [{"name": "other", "datatype": "FP32", "shape": [1], "data": [1]}]},
    {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2], "data": ["eA=="]}]},
    {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["not base64!"]}]},
    {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["eA=="]}]},
    {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 99}}]},
    {"inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [1, 99999, 99999, 3], "data": []}]},
    {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 2, 2], "data": [0] * 12}]}])
def test_v2_refuses_what_is_not_a_request(server, request_body):
    body = request_body if isinstance(request_body, str) else json.dumps(request_body)
    assert server.json("inference", "POST", "/v2/models/animal/infer", body, status=400)["error"]


def test_v2_repository_loads_and_unloads(site, pictures):
    with Serve(site, "--enable-model-api") as running:
        assert running.json("inference", "POST", "/v2/repository/index", '{"ready":true}') == []
        running.call("inference", "POST", "/v2/repository/models/animal/load", "{}")
        (entry,) = running.json("inference", "POST", "/v2/repository/index", '{"ready":true}')
        assert entry["state"] == "READY"
        running.json("inference", "PUT", "/predictions/animal", pictures[0])
        assert running.call("inference", "POST", "/v2/repository/models/animal/unload", "{}")[0] == 200
        assert running.json("inference", "POST", "/v2/repository/index", '{"ready":true}') == []
        assert running.json("inference", "POST", "/v2/repository/models/none/load", "{}", status=400)["error"]
        running.stop()


# --- Statistics and metrics ---

def test_statistics_and_metrics_count_what_was_asked(site, pictures):
    with Serve(site, "--models", "animal.mar") as running:
        for picture in pictures:
            running.json("inference", "PUT", "/predictions/animal", picture)
        running.json("inference", "PUT", "/predictions/animal", b"no picture", status=400)
        (stats,) = running.json("inference", "GET", "/v2/models/animal/stats")["model_stats"]
        assert stats["inference_stats"]["success"]["count"] == 3
        assert stats["execution_count"] <= 3
        status, fields, content = running.call("metrics", "GET", "/metrics")
        assert status == 200 and fields["Content-Type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(content.decode())}
        requests = {sample.labels["reason"]: sample.value for sample in families["animalctl_requests"].samples}
        assert requests == {"ok": 3, "undecodable": 1}
        (kept,) = families["ts_inference_requests"].samples
        assert kept.value == 3 and kept.labels["model_name"] == "animal" and kept.labels["model_version"] == "1.0"
        counts = [sample.value for sample in families["animalctl_request_duration_seconds"].samples
                  if sample.name.endswith("_count")]
        assert counts == [3]
        loads = families["WorkerLoadTime"].samples
        assert loads and all(sample.value >= 0 and sample.labels["WorkerName"] for sample in loads)
        only = running.call("metrics", "GET", "/metrics?name[]=QueueTime")[2].decode()
        assert {family.name for family in text_string_to_metric_families(only)} == {"QueueTime"}
        running.stop()


# --- Archives that are signed, and archives from elsewhere ---

def test_an_archive_must_carry_the_signature_that_is_required(site, pictures):
    with Serve(site, "--models", "animal.mar", "--require-signature", "ours.pub") as running:
        running.json("inference", "PUT", "/predictions/animal", pictures[0])
        running.stop()
    with Serve(site, "--require-signature", "theirs.pub", "--enable-model-api") as running:
        error = running.json("management", "POST", "/models?url=animal.mar&initial_workers=1", status=400)
        assert "signature" in error["message"]
        assert running.json("management", "GET", "/models") == {"models": []}
        running.stop()


def test_an_archive_is_fetched_from_where_that_is_allowed(site, pictures):
    content = (site.folder / "model_store/animal.mar").read_bytes()
    (site.folder / "model_store/animal.mar").unlink()
    with serve_files({"animal.mar": content, "broken.mar": content[:1000]}) as files:
        address = f"http://127.0.0.1:{files.server_address[1]}"
        (site.folder / "config.properties").write_text(
            "inference_address=http://127.0.0.1:0\nmanagement_address=http://127.0.0.1:0\nmetrics_address=http://127.0.0.1:0\n"
            f"model_store=model_store\nenable_model_api=true\nallowed_urls={address}/.*\n")
        with Serve(site, addresses=False) as running:
            status = running.json("management", "POST", f"/models?url={address}/animal.mar&initial_workers=1")["status"]
            assert status == 'Model "animal" Version: 1.0 registered with 1 initial workers'
            running.json("inference", "PUT", "/predictions/animal", pictures[0])
            for name, code in (("broken.mar", 400), ("gone.mar", 400)):
                assert running.json("management", "POST", f"/models?url={address}/{name}", status=code)["message"]
            elsewhere = address.replace("127.0.0.1", "127.0.0.2")
            running.json("management", "POST", f"/models?url={elsewhere}/animal.mar", status=400)
            running.stop()
    assert [path for path, _ in files.requests] == ["/animal.mar", "/broken.mar", "/gone.mar"]
