"""A tracking server that answers as MLflow's documentation says ("REST API" 2.0 and the proxied artefact API) and keeps
what it was told. `broken` maps a path to the answer it gives instead."""

import http.server
import json
import threading
import urllib.parse

API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"


class Answer(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.content = status, {"error_code": code, "message": message}


class Store:
    """What the server knows."""

    def __init__(self, artifact_root="mlflow-artifacts:/"):
        self.experiments, self.runs, self.artifacts, self.models, self.versions = {}, {}, {}, set(), []
        self.artifact_root = artifact_root
        self.broken = {}
        self.authorizations = set()

    def answer(self, method, path, query, body):
        handler = {
            ("GET", "experiments/get-by-name"): self.find_experiment,
            ("POST", "experiments/create"): self.create_experiment,
            ("POST", "runs/create"): self.create_run,
            ("POST", "runs/log-batch"): self.log_batch,
            ("POST", "runs/update"): self.update_run,
            ("POST", "registered-models/create"): self.create_model,
            ("POST", "model-versions/create"): self.create_version,
        }.get((method, path))
        if handler is None:
            raise Answer(404, "ENDPOINT_NOT_FOUND", path)
        return handler(query if method == "GET" else body)

    def find_experiment(self, query):
        name = query["experiment_name"][0]
        if name not in self.experiments:
            raise Answer(404, "RESOURCE_DOES_NOT_EXIST", f"Could not find experiment with name '{name}'")
        return {"experiment": {"experiment_id": self.experiments[name], "name": name, "lifecycle_stage": "active"}}

    def create_experiment(self, body):
        if body["name"] in self.experiments:
            raise Answer(400, "RESOURCE_ALREADY_EXISTS")
        self.experiments[body["name"]] = str(len(self.experiments) + 1)
        return {"experiment_id": self.experiments[body["name"]]}

    def create_run(self, body):
        if body["experiment_id"] not in self.experiments.values():
            raise Answer(404, "RESOURCE_DOES_NOT_EXIST")
        run_id = f"{len(self.runs) + 1:032x}"
        uri = f"{self.artifact_root}{body['experiment_id']}/{run_id}/artifacts"
        self.runs[run_id] = {"tags": list(body.get("tags", [])), "params": {}, "metrics": {}, "status": "RUNNING", **body}
        return {"run": {"info": {"run_id": run_id, "artifact_uri": uri, "status": "RUNNING"}, "data": {}}}

    def log_batch(self, body):
        run = self.runs[body["run_id"]]
        if len(body.get("params", [])) > 100 or len(body.get("metrics", [])) > 1000:
            raise Answer(400, "INVALID_PARAMETER_VALUE", "too many values in one request")
        for parameter in body.get("params", []):
            assert isinstance(parameter["value"], str) and len(parameter["key"]) <= 250
            run["params"][parameter["key"]] = parameter["value"]
        for metric in body.get("metrics", []):
            assert isinstance(metric["timestamp"], int) and isinstance(metric["step"], int)
            run["metrics"][metric["key"]] = metric["value"]
        return {}

    def update_run(self, body):
        self.runs[body["run_id"]].update(status=body["status"], end_time=body["end_time"])
        return {"run_info": {"run_id": body["run_id"], "status": body["status"]}}

    def create_model(self, body):
        if body["name"] in self.models:
            raise Answer(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={body['name']}) already exists.")
        self.models.add(body["name"])
        return {"registered_model": {"name": body["name"]}}

    def create_version(self, body):
        if body["name"] not in self.models:
            raise Answer(404, "RESOURCE_DOES_NOT_EXIST")
        self.versions.append(body)
        return {"model_version": {"name": body["name"], "version": str(len(self.versions)), "status": "READY"}}


def handler_of(store):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status, content):
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def handle_call(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.authorizations.add(self.headers.get("Authorization"))
            url = urllib.parse.urlsplit(self.path)
            path = urllib.parse.unquote(url.path)
            try:
                if path in store.broken:
                    raise store.broken[path]
                if self.command == "PUT" and path.startswith(ARTIFACTS):
                    store.artifacts[path[len(ARTIFACTS) :]] = body
                    return self.reply(200, {})
                if not path.startswith(API):
                    raise Answer(404, "ENDPOINT_NOT_FOUND", path)
                content = json.loads(body) if body else {}
                self.reply(200, store.answer(self.command, path[len(API) :], urllib.parse.parse_qs(url.query), content))
            except Answer as answer:
                self.reply(answer.status, answer.content)

        do_GET = do_POST = do_PUT = handle_call  # noqa: N815

        def log_message(self, *_):
            pass

    return Handler


class MlflowServer:
    def __init__(self, **options):
        self.store = Store(**options)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self.store))
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
