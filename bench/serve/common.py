"""What the benchmarks of serving share: models for us and for the peers, servers as processes, our load generator, and
turns that are taken so that a neighbour on the machine disturbs all sides alike."""
import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]

def bench_common():
    """bench/common.py, which has this file's name."""
    spec = importlib.util.spec_from_file_location("bench_common", HERE.parent / "common.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANIMALCTL, PYTHON, run = bench_common().ANIMALCTL, bench_common().PYTHON, bench_common().run

SHARED = pathlib.Path(os.environ.get("ANIMALCTL_SHARED_DIR", PROJECT.parent / "shared"))
FRAMES = SHARED / "data/cats_and_dogs/frames"
PHOTOS = SHARED / "data/photos_fullres"
SCRATCH = PROJECT / "build/bench_serve"
NODE_HOME = PROJECT / "build/bench_node"
LOADTEST = pathlib.Path(os.environ.get("ANIMALCTL_LOADTEST", ANIMALCTL))  # the client's own binary, when it is another

# The pictures of each model's row.
PICTURES = {"animalnet": FRAMES, "mobilenet_v2": PHOTOS, "resnet18": PHOTOS}
# Threads that spin while others work would measure the spinning.
QUIET = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}


def arguments(description, **more):
    """Parses the flags every script has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a look in a minute instead of figures to quote")
    parser.add_argument("--rounds", type=int, help="turns of each side")
    parser.add_argument("--seconds", type=float, help="length of one measurement")
    for name, options in more.items():
        parser.add_argument("--" + name.replace("_", "-"), **options)
    parsed = parser.parse_args()
    parsed.rounds = parsed.rounds or (1 if parsed.quick else 3)
    parsed.seconds = parsed.seconds or (2 if parsed.quick else 6)
    return parsed


def pictures_of(name, count):
    """The photographs of a model's row. Where the model crops and resizes to 224, those that it makes smaller: programs
    agree on how to shrink, not on how to enlarge."""
    from PIL import Image

    if name == "animalnet":
        return sorted(FRAMES.iterdir())[:count]
    large = [path for path in sorted(PHOTOS.iterdir()) if min(Image.open(path).size) >= 256]
    return large[:count]


def free_ports(count):
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def make_models(names=tuple(PICTURES)):
    """Checkpoints, their exports and archives in SCRATCH, made once. Accuracy does not matter here: one short epoch."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    models = SCRATCH / "models"
    csv = SCRATCH / "small.csv"
    if not csv.exists():
        frames = [f"{kind}.{i}.jpg" for i in range(40) for kind in ("cat", "dog")]
        csv.write_text("frame_filename\n" + "".join(f"{name}\n" for name in frames))
    for name in names:
        target = models / f"{name}.pth"
        if not target.exists():
            extra = ["--num-epochs", 5] if name == "animalnet" else ["--arch", name, "--num-epochs", 1, "--batch-size", 8]
            if name == "mobilenet_v2":
                extra += ["--weights", SHARED / "weights/mobilenet_v2.pth"]
            if name == "resnet18":
                extra += ["--freeze", "none", "--lr", 1e-4]
            run([ANIMALCTL, "train", csv, csv, "--model-filename", name, "--model-dir", models, "--frames-dir", FRAMES,
                 "--annotations-dir", FRAMES.parent / "annotations", "--seed", 1, "--no-html", *extra], SCRATCH)
        for kind, ending in (("torchscript", ".torchscript.pt"), ("onnx", ".onnx")):
            if not (models / (name + ending)).exists():
                run([ANIMALCTL, "export", name, "--model-dir", models, "--format", kind], SCRATCH)
    return models


def make_store(name, models):
    """A model store with one archive, model name `animal`."""
    store = SCRATCH / f"store_{name}"
    if not (store / "animal.mar").exists():
        store.mkdir(exist_ok=True)
        run([ANIMALCTL, "archive", "--model-name", "animal", "--version", "1.0", "--serialized-file", models / f"{name}.pth",
             "--export-path", store, "--force"], SCRATCH)
    return store


def description_of(model):
    import torch

    extra = {"animalctl.json": ""}
    torch.jit.load(str(model), _extra_files=extra)
    return extra["animalctl.json"]


class Server:
    """A server process (with the workers that it starts) and the addresses it answers at."""

    def __init__(self, command, url, ready, environment=None, folder=None, limit=60, cores=None):
        pinned = ["taskset", "-c", cores] if cores else []
        self.started = time.perf_counter()
        self.log = open(SCRATCH / f"{pathlib.Path(str(command[0])).name}.log", "ab")
        self.process = subprocess.Popen(pinned + [str(part) for part in command], cwd=folder or SCRATCH,
                                        env={**os.environ, **QUIET, **(environment or {})}, stdout=self.log, stderr=self.log,
                                        start_new_session=True)
        self.url = url
        self.wait_ready(ready, limit)
        self.seconds_to_ready = time.perf_counter() - self.started

    def wait_ready(self, ready, limit):
        deadline = time.perf_counter() + limit
        while time.perf_counter() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode}; see {self.log.name}")
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(ready, timeout=2) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.005)
        self.stop()
        raise SystemExit(f"{ready} did not answer within {limit} s; see {self.log.name}")

    def stop(self):
        """Ends the process and the workers it started: the session that is theirs alone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.stop()

    def processes(self):
        """The process and its workers: /proc/<pid>/stat, split behind the name, of all of its session."""
        found = {}
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[3]) == self.process.pid:
                    found[int(path.parent.name)] = fields
        return found

    def cpu_seconds(self):
        ticks = sum(int(fields[11]) + int(fields[12]) for fields in self.processes().values())
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return sum(int(fields[21]) for fields in self.processes().values()) * os.sysconf("SC_PAGE_SIZE")


def ours(name, flags=(), settings=None, cores=None, prediction_api=False):
    """`animalctl serve` with one model and an own configuration; its addresses are .url (inference) and .management. With
    `prediction_api` .url is POST /predict instead."""
    models = make_models((name,))
    inference, management, metrics, prediction = free_ports(4)
    lines = {"inference_address": f"http://127.0.0.1:{inference}", "management_address": f"http://127.0.0.1:{management}",
             "metrics_address": f"http://127.0.0.1:{metrics}", "disable_token_authorization": "true",
             "enable_model_api": "true", "load_models": "animal.mar", **(settings or {})}
    config = SCRATCH / f"config_{inference}.properties"
    config.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    own = ["--prediction-port", prediction] if prediction_api else ["--no-prediction-api"]
    command = [ANIMALCTL, "serve", "--config", config, "--model-store", make_store(name, models), "--ncs", *own, *flags]
    url = f"http://127.0.0.1:{prediction}/predict" if prediction_api else f"http://127.0.0.1:{inference}/predictions/animal"
    server = Server(command, url, f"http://127.0.0.1:{inference}/ping", cores=cores)
    server.management = f"http://127.0.0.1:{management}"
    return server


def fastapi(name, workers=2):
    models = make_models((name,))
    (port,) = free_ports(1)
    command = [PYTHON, "-m", "uvicorn", "fastapi_peer:app", "--workers", workers, "--host", "127.0.0.1", "--port", port,
               "--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    server = Server(command, f"http://127.0.0.1:{port}/predictions/animal", f"http://127.0.0.1:{port}/ping",
                    environment={"PEER_MODEL": str(models / f"{name}.torchscript.pt"), "PYTHONPATH": str(HERE)})
    settle(server)
    return server


def install_node():
    """Installs the Node peer's packages into NODE_HOME, once; False without npm or network."""
    if (NODE_HOME / "node_modules/onnxruntime-node").exists():
        return True
    if shutil.which("npm") is None:
        return False
    NODE_HOME.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / file, NODE_HOME)
    result = subprocess.run(["npm", "ci", "--no-fund", "--no-audit"], cwd=NODE_HOME, capture_output=True, text=True, check=False,
                            env={**os.environ, "ONNXRUNTIME_NODE_INSTALL_CUDA": "skip"})
    if result.returncode != 0:
        print(f"npm failed, no Node peer:\n{result.stderr}", file=sys.stderr)
    return result.returncode == 0


def node(name, workers=2):
    models = make_models((name,))
    (port,) = free_ports(1)
    shutil.copy(HERE / "node/server.js", NODE_HOME)
    environment = {"PEER_MODEL": str(models / f"{name}.onnx"), "PEER_PORT": str(port), "PEER_WORKERS": str(workers),
                   "PEER_DESCRIPTION": description_of(models / f"{name}.torchscript.pt"), "UV_THREADPOOL_SIZE": "4",
                   "NODE_ENV": "production"}
    server = Server(["node", "server.js"], f"http://127.0.0.1:{port}/predictions/animal", f"http://127.0.0.1:{port}/ping",
                    environment=environment, folder=NODE_HOME)
    settle(server)
    return server


def settle(server):
    """All workers of a peer have started once a second of requests is answered by all."""
    picture = sorted(FRAMES.iterdir())[0]
    for _ in range(30):
        report = load(server.url, [picture], seconds=0.5, warmup=0.1, connections=8)
        if report["error_share"] == 0:
            return


def score(url, picture):
    request = urllib.request.Request(url, picture.read_bytes(), {"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["score"]


def largest_difference(url, other_url, pictures):
    return max(abs(score(url, each) - score(other_url, each)) for each in pictures)


def load(url, files, seconds, connections=16, warmup=1.0, rate=None, cores=None, **flags):
    """One run of our load generator; its JSON report."""
    command = ["taskset", "-c", cores] if cores else []
    command += [LOADTEST, "loadtest", url, *files, "--json", "--duration", f"{seconds}s", "--warmup", f"{warmup}s",
                "--concurrency", connections]
    if rate:
        command += ["--rate", rate]
    for name, value in flags.items():
        command += ["--" + name.replace("_", "-"), value]
    return json.loads(run(command, SCRATCH, accepted=(0, 4)))


def measured_load(server, *args, **flags):
    """load() on a server, with the CPU time that a request cost it: a figure that busy neighbours hardly change."""
    before = server.cpu_seconds()
    report = load(server.url, *args, **flags)
    report["server_cpu_us_per_request"] = (server.cpu_seconds() - before) * 1e6 / max(1, report["requests_begun"])
    return report


def take_turns(rounds, sides):
    """Runs each side once a round; returns each side's results. `sides`: name → function."""
    results = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            results[name].append(measure())
    return results


def median(values):
    return statistics.median(values)


def machine():
    return {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}


def show(rows, heads):
    """A table of texts."""
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())


def verdict(value, bound):
    return f"{value:.2f} (≥ {bound}: {'yes' if value >= bound else 'NO'})"
