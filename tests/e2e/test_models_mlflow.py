"""models register --mlflow-uri: what reaches a tracking server, and what happens when that fails."""

import base64
import json
import socket

import registry_files
from mlflow_server import ARTIFACTS, Answer, MlflowServer

VERSION_1 = "models/registry/animal/1"


def register(program, uri, *more, environment=None):
    weights = registry_files.checkpoint(program.folder)
    packed = registry_files.archive(program.folder, weights, "1.0")
    report = registry_files.report(program.folder)
    return program.ok(
        "models", "register", weights, "--archive", packed, "--report", report, "--json", "--mlflow-uri", uri, *more,
        environment=environment,
    )


def test_a_version_is_logged_and_registered_with_its_files(program):
    with MlflowServer() as server:
        made = json.loads(register(program, server.uri).stdout)["mlflow"]
        store = server.store
        assert made["failures"] == [] and made["model_version"] == "1" and made["artifacts"] == 6
        run = store.runs[made["run_id"]]
        assert run["status"] == "FINISHED" and run["run_name"] == "animal-1"
        assert run["params"]["lr"] == "0.001" and run["params"]["seed"] == "7"
        assert run["metrics"]["val_accuracy"] == 0.9
        assert run["metrics"]["test_accuracy_low"] < run["metrics"]["test_accuracy"] == 0.95
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        assert tags["animalctl.version"] == "1" and tags["animalctl.software.libtorch"] == "1.13.0"
        assert store.experiments == {"animalctl": "1"} and store.models == {"animal"}
        folder = f"1/{made['run_id']}/artifacts"
        assert store.versions[0]["source"] == f"mlflow-artifacts:/{folder}"
        assert store.versions[0]["run_id"] == made["run_id"]
        names = ("version.json", "card.md", "checkpoint.pth", "animal.mar", "run.json", "report.json")
        assert set(store.artifacts) == {f"{folder}/{name}" for name in names}
        for name in names:
            assert store.artifacts[f"{folder}/{name}"] == (program.folder / VERSION_1 / name).read_bytes()
        assert store.authorizations == {None}


def test_the_experiment_and_the_model_may_be_there_already(program):
    with MlflowServer(artifact_root="mlflow-artifacts://ignored:1234/root/") as server:
        server.store.experiments["cats & dogs"] = "7"
        server.store.models.add("animal")
        made = json.loads(register(program, server.uri + "/", "--mlflow-experiment", "cats & dogs").stdout)["mlflow"]
        assert made["failures"] == []
        assert any(name.startswith("root/7/") for name in server.store.artifacts)


def test_a_token_goes_before_a_user_and_both_stay_out_of_the_log(program):
    with MlflowServer() as server:
        result = register(program, server.uri, environment={"MLFLOW_TRACKING_TOKEN": "secret-token", "MLFLOW_TRACKING_USERNAME": "u"})
        assert server.store.authorizations == {"Bearer secret-token"}
        assert "secret-token" not in result.stderr + result.stdout
    with MlflowServer() as server:
        weights = registry_files.checkpoint(program.folder)
        environment = {"MLFLOW_TRACKING_USERNAME": "anna", "MLFLOW_TRACKING_PASSWORD": "pass:word"}
        program.ok("models", "register", weights, "--model", "animal", "--mlflow-uri", server.uri, environment=environment)
        assert server.store.authorizations == {"Basic " + base64.b64encode(b"anna:pass:word").decode()}


def test_what_fails_there_is_told_and_the_version_is_registered_here(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    result = register(program, f"http://127.0.0.1:{closed}")
    made = json.loads(result.stdout)
    assert made["version"] == 1 and len(made["mlflow"]["failures"]) == 1
    assert "does not answer" in made["mlflow"]["failures"][0] and "MLflow" in result.stderr
    assert (program.folder / VERSION_1 / "version.json").exists()


def test_a_server_that_refuses_one_thing_gets_the_others(program):
    with MlflowServer() as server:
        server.store.broken["/api/2.0/mlflow/runs/log-batch"] = Answer(500, "INTERNAL_ERROR", "disk on fire")
        made = json.loads(register(program, server.uri).stdout)["mlflow"]
        assert made["model_version"] == "1" and made["artifacts"] == 6
        assert all("disk on fire" in failure for failure in made["failures"]) and len(made["failures"]) == 2
    for broken, words in (
        ("/api/2.0/mlflow/experiments/create", "create the experiment"),
        ("/api/2.0/mlflow/runs/create", "create the run"),
        (f"{ARTIFACTS}1/{1:032x}/artifacts/animal.mar", "store animal.mar"),
        ("/api/2.0/mlflow/registered-models/create", "create the registered model"),
        ("/api/2.0/mlflow/model-versions/create", "register the model version"),
    ):
        with MlflowServer() as server:
            server.store.broken[broken] = Answer(403, "PERMISSION_DENIED", "no")
            weights = registry_files.checkpoint(program.folder)
            version = len(list((program.folder / "models/registry/animal").glob("[0-9]*"))) + 1
            packed = registry_files.archive(program.folder, weights, f"{version}.0")
            result = program.ok("models", "register", weights, "--archive", packed, "--json", "--mlflow-uri", server.uri)
            made = json.loads(result.stdout)["mlflow"]
            assert words in made["failures"][0] and "PERMISSION_DENIED" in made["failures"][0]
            assert made["model_version"] == "" and server.store.versions == []


def test_artefacts_that_only_a_client_can_write_are_named(program):
    with MlflowServer(artifact_root="s3://bucket/") as server:
        made = json.loads(register(program, server.uri).stdout)["mlflow"]
        assert "s3://bucket/" in made["failures"][0] and "--serve-artifacts" in made["failures"][0]
        assert made["model_version"] == "" and server.store.artifacts == {}


def test_an_address_that_is_none_is_refused_before_anything_is_made(program):
    weights = registry_files.checkpoint(program.folder)
    result = program.run("models", "register", weights, "--model", "animal", "--mlflow-uri", "ftp://x")
    assert result.returncode == 2 and "ftp" in result.stderr
    assert not (program.folder / "models").joinpath("registry").exists()
