"""`animalctl up`: all parts of one workspace in one process tree."""

import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest
from conftest import LIMIT_SECONDS

FREE_PORTS = ["--port", "0", "--api-port", "0", "--prediction-port", "0", "--inference-port", "0", "--management-port", "0", "--metrics-port", "0"]


class Up:
    """A running `up`; its lines are read as they come, and it is ended by its own id."""

    def __init__(self, program, *arguments, ports=FREE_PORTS):
        self.process = subprocess.Popen(
            [str(program.path), "up", "--workspace", "site", "--json", *ports, *arguments],
            cwd=program.folder,
            env=program.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.folder = program.folder / "site"
        self.out = queue.Queue()
        self.log_lines = []
        self.log_changed = threading.Condition()
        self.readers = [
            threading.Thread(target=self.read_out),
            threading.Thread(target=self.read_log),
        ]
        for reader in self.readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.finish()

    def read_out(self):
        for line in self.process.stdout:
            self.out.put(json.loads(line))

    def read_log(self):
        for line in self.process.stderr:
            with self.log_changed:
                self.log_lines.append(line.rstrip("\n"))
                self.log_changed.notify_all()

    def ready(self, part):
        """The next line of JSON, which must be this part's."""
        line = self.out.get(timeout=LIMIT_SECONDS)
        assert line["part"] == part, line
        return line

    def logged(self, pattern, times=1):
        """Waits until so many lines of the log match; returns the last one."""

        def found():
            return [line for line in self.log_lines if re.search(pattern, line)]

        with self.log_changed:
            assert self.log_changed.wait_for(lambda: len(found()) >= times, LIMIT_SECONDS), self.log_lines
            return found()[times - 1]

    def pid_of(self, part, times=1):
        return int(re.search(r"pid=(\d+)", self.logged(f"a part was started part={part} ", times)).group(1))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(timeout=LIMIT_SECONDS)
        self.finish()
        return code

    def finish(self):
        self.process.wait(timeout=LIMIT_SECONDS)
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


def get(url, path="/"):
    connection = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc, timeout=LIMIT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def await_gone(pid):
    """Waits until a process has ended; one that nobody has reaped yet has."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state in "ZX":
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} still runs")


@pytest.fixture
def label_only(program):
    with Up(program, "--no-serve", "--no-orchestrate") as up:
        yield up


def test_a_new_workspace_is_made_and_labelled_on(label_only):
    line = label_only.ready("label-server")
    assert line["ready"] is True
    assert get(line["page"], "/api/progress")[0] == 200
    assert (label_only.folder / "data/cats_and_dogs/frames").is_dir()
    assert (label_only.folder / "model_store").is_dir()
    pid = label_only.pid_of("label-server")
    assert label_only.stop() == 0
    await_gone(pid)
    log = "\n".join(label_only.log_lines)
    assert "label-server | info: listening" in log
    assert "label-server | info: stopped" in log
    assert "a part has stopped part=label-server how=exit code 0" in log


def test_ctrl_c_ends_it_in_order_too(label_only):
    label_only.ready("label-server")
    assert label_only.stop(signal.SIGINT) == 0


def test_a_killed_part_is_started_again_at_the_same_address(label_only):
    line = label_only.ready("label-server")
    os.kill(label_only.pid_of("label-server"), signal.SIGKILL)
    label_only.logged(r"started again part=label-server reason=.*signal 9.* after_seconds=1")
    again = label_only.ready("label-server")
    assert again["page"] == line["page"]
    assert get(again["page"], "/api/progress")[0] == 200
    assert label_only.pid_of("label-server", 2) != label_only.pid_of("label-server")
    assert label_only.stop() == 0


def test_the_parts_die_with_it(label_only):
    label_only.ready("label-server")
    pid = label_only.pid_of("label-server")
    label_only.process.kill()
    await_gone(pid)


def test_a_port_in_use_is_named_with_its_flag_before_anything_starts(program):
    with socket.socket() as taken, socket.socket() as other:
        for one in (taken, other):
            one.bind(("127.0.0.1", 0))
            one.listen()
        first, second = taken.getsockname()[1], other.getsockname()[1]
        ports = [*FREE_PORTS]
        ports[ports.index("--port") + 1] = str(first)
        ports[ports.index("--metrics-port") + 1] = str(second)
        result = program.run("up", "--workspace", "site", *ports)
    assert result.returncode == 5
    assert f"port {first} of the page (--port) is in use by another program" in result.stderr
    assert f"port {second} of the metrics (--metrics-port) is in use" in result.stderr
    assert "started" not in result.stderr


def test_wrong_addresses_are_usage_errors(program):
    result = program.run("up", "--port", "3000", "--api-port", "3000")
    assert result.returncode == 2
    assert "--port and --api-port are both 3000" in result.stderr
    result = program.run("up", "--host", "no such host")
    assert result.returncode == 2
    assert "--host no such host" in result.stderr
    assert program.run("up", "--classes", "cat").returncode == 2


def test_a_part_that_cannot_start_is_given_up_and_the_others_go_on(program):
    (program.folder / "site/model_store").mkdir(parents=True)
    (program.folder / "site/model_store/some.mar").write_bytes(b"")
    settings = program.folder / "settings.toml"
    settings.write_text('[serve]\nworkers = "many"\n', encoding="utf-8")
    with Up(program, "--no-orchestrate", "--config", "settings.toml") as up:
        page = up.ready("label-server")["page"]
        up.logged(r"a part cannot start and is given up.* part=serve reason=.*exit code 2")
        assert get(page, "/api/progress")[0] == 200
        assert up.stop() == 0


def test_it_ends_when_no_part_is_left(program):
    settings = program.folder / "settings.toml"
    settings.write_text('[label-server]\nblind-share = "much"\n', encoding="utf-8")
    result = program.run("up", "--no-serve", "--no-orchestrate", "--config", "settings.toml", "--workspace", "site", *FREE_PORTS)
    assert result.returncode == 2
    assert "no part is left" in result.stderr
    assert "label-server | error:" in result.stderr


def test_log_lines_of_json_stay_json(program):
    with Up(program, "--no-serve", "--no-orchestrate", "--log-format", "json") as up:
        up.ready("label-server")
        assert up.stop() == 0
        lines = [json.loads(line) for line in up.log_lines]
    assert any(line.get("part") == "label-server" and line["message"] == "stopped" for line in lines)


def test_a_person_gets_links(program):
    process = program.start("up", "--workspace", "site", "--no-serve", "--no-orchestrate", *FREE_PORTS)
    try:
        assert re.match(r"Label, review, watch: +http://127\.0\.0\.1:\d+/$", process.stdout.readline())
        assert re.match(r"The seed's labelling API: +http://127\.0\.0\.1:\d+$", process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_SECONDS)


def test_all_parts_run_on_an_empty_workspace(program):
    with Up(program, "--interval", "1h") as up:
        up.ready("label-server")
        assert up.logged(r"orchestrate  \| info: watching interval=1h")
        assert up.logged(r"there is no model yet")
        pids = [up.pid_of(part) for part in ("label-server", "orchestrate")]
        assert up.stop() == 0
        for pid in pids:
            await_gone(pid)


def test_serve_starts_when_a_first_archive_is_there(workspace, program):
    workspace.ok("archive", "--model-name", "animal", "--version", "1.0", "--serialized-file", "models/cats_and_dogs/base_model.pth",
                 "--export-path", program.folder)
    with Up(program, "--no-orchestrate") as up:
        up.ready("label-server")
        assert "there is no model yet" in up.logged("there is no model yet")
        shutil.copy(program.folder / "animal.mar", program.folder / "site/model_store/.animal.mar")
        os.rename(program.folder / "site/model_store/.animal.mar", program.folder / "site/model_store/animal.mar")
        line = up.ready("serve")
        assert line["models"] == ["animal"]
        assert get(line["inference"], "/ping")[0] == 200
        assert get(line["prediction"], "/health")[0] == 200
        os.kill(up.pid_of("serve"), signal.SIGKILL)
        again = up.ready("serve")
        assert again["inference"] == line["inference"]
        assert get(again["inference"], "/ping")[0] == 200
        assert up.stop() == 0
        assert "serve        | info: stopped" in "\n".join(up.log_lines)
