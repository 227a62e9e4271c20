"""docker/ and deploy/: their files keep their rules, and what a container would run runs from an install prefix."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.parse

import pytest
import yaml
from conftest import BIN_DIR, LIMIT_SECONDS, PROJECT, Program

# Debian's slim image itself, certificates and time zones.
BASE_IMAGE_BYTES = 100 << 20
LARGEST_IMAGE_BYTES = 700 << 20
ENGINE = "lib/animalctl/libanimalctl_engine.so"


def dockerfile_list(word):
    text = (PROJECT / "docker/Dockerfile").read_text(encoding="utf-8")
    return json.loads(re.search(rf"^{word} (\[.*\])$", text, re.MULTILINE).group(1))


def compose_services():
    return yaml.safe_load((PROJECT / "docker/compose.yaml").read_text(encoding="utf-8"))["services"]


def on_free_ports(arguments):
    """The same command on loopback and free ports, so that it can run beside others."""
    changed = [re.sub(r"^http://0\.0\.0\.0:\d+$", "http://127.0.0.1:0", argument).replace("0.0.0.0", "127.0.0.1") for argument in arguments]
    ports = {"up": ["--port", "--api-port", "--prediction-port", "--inference-port", "--management-port", "--metrics-port"],
             "label-server": ["--port", "--api-port"], "serve": ["--prediction-port"]}
    for flag in ports.get(arguments[0], []):
        changed += [flag, "0"]
    return changed


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A root folder with the program installed as in the image."""
    root = tmp_path_factory.mktemp("image")
    subprocess.run(["cmake", "--install", BIN_DIR.parent, "--prefix", root / "usr/local", "--strip"], check=True, capture_output=True)
    return root


@pytest.fixture
def container(installed, tmp_path):
    program = Program(tmp_path)
    program.path = installed / "usr/local/bin/animalctl"
    return program


def health(url, path):
    port = str(urllib.parse.urlparse(url).port)
    return subprocess.run([PROJECT / "docker/healthcheck.sh", port, path], capture_output=True, timeout=LIMIT_SECONDS, check=False).returncode


def ready_line(process):
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return json.loads(line)


def end(process):
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, log


def test_the_files_keep_their_rules():
    result = subprocess.run([PROJECT / "scripts/check-deploy.sh"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_broken_rule_is_found(tmp_path):
    (tmp_path / "docker").mkdir()
    (tmp_path / "deploy/systemd").mkdir(parents=True)
    dockerfile = (PROJECT / "docker/Dockerfile").read_text(encoding="utf-8")
    compose = (PROJECT / "docker/compose.yaml").read_text(encoding="utf-8")
    unit = (PROJECT / "deploy/systemd/animalctl-serve.service").read_text(encoding="utf-8")
    (tmp_path / "docker/Dockerfile").write_text(
        dockerfile.replace("USER animalctl\n", "").replace('ENTRYPOINT ["animalctl"]', "ENTRYPOINT animalctl")
        .replace("--no-install-recommends ", "").replace("--from=build", "--from=nowhere").replace("debian:${DEBIAN} AS", "debian AS"),
        encoding="utf-8")
    (tmp_path / "docker/compose.yaml").write_text(compose.replace("127.0.0.1:8081", "8081"), encoding="utf-8")
    (tmp_path / "deploy/systemd/animalctl-serve.service").write_text(unit.replace("ProtectSystem=strict\n", ""), encoding="utf-8")
    result = subprocess.run(["/usr/bin/python3", PROJECT / "scripts/check_deploy.py", tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    for rule in ("has USER", "ENTRYPOINT is a JSON list", "--no-install-recommends", "there is no stage nowhere", "named with its version",
                 "8081:8081 is published to this machine alone", "sets ProtectSystem"):
        assert rule in result.stdout, rule


def test_the_images_own_command_runs_and_is_healthy(container):
    assert dockerfile_list("ENTRYPOINT") == ["animalctl"]
    process = container.start(*on_free_ports(dockerfile_list("CMD")), "--json")
    try:
        line = ready_line(process)
        assert line["part"] == "label-server"
        port, path = dockerfile_list(r"HEALTHCHECK .* CMD")[1:]
        assert port == "3000"
        assert health(line["page"], path) == 0
        end(process)
        assert health(line["page"], path) != 0
    finally:
        process.kill()


@pytest.mark.parametrize("service, listener", [("labeller", "page"), ("model", "inference")])
def test_a_composed_service_runs_and_is_healthy(container, service, listener):
    (container.folder / "model_store").mkdir()
    described = compose_services()[service]
    process = container.start(*on_free_ports(described["command"]))
    try:
        line = ready_line(process)
        _, _, port, path = described["healthcheck"]["test"]
        assert int(port) in (3000, 8080)
        assert health(line[listener], path) == 0
        assert health(line[listener], "/no-such-path") != 0
        end(process)
    finally:
        process.kill()


def test_the_libraries_of_the_image_are_complete_and_small(installed):
    if not (installed / "usr/local" / ENGINE).exists():
        pytest.skip("this build has no engine")
    result = subprocess.run([PROJECT / "docker/collect-libraries.sh", installed, "/usr/local/bin/animalctl", "/usr/local/" + ENGINE],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    needed = installed / "usr/local/lib/animalctl/needed"
    assert (needed / "libtorch_cpu.so").is_file() or list(needed.glob("libtorch_cpu.so.*"))
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file())
    assert size + BASE_IMAGE_BYTES < LARGEST_IMAGE_BYTES
    # With the collected libraries in front, none comes from the machine but the C library's.
    resolved = subprocess.run(["ldd", installed / "usr/local" / ENGINE], env={**os.environ, "LD_LIBRARY_PATH": str(needed)},
                              capture_output=True, text=True, check=True).stdout
    own = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libutil.so.1"}
    for line in resolved.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow and name not in own:
            assert pathlib.Path(rest.split()[0]).parent == needed, line
