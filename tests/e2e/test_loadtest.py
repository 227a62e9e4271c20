"""loadtest against a small server in Python: every form of request, both loops, bounds, TLS, Ctrl+C."""

import base64
import http.server
import json
import re
import signal
import ssl
import subprocess
import threading

import pytest

PICTURE = b"\xff\xd8\xff\xe0 a picture"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        status = self.server.status(len(self.server.seen))
        content = b'{"animal":"cat","score":0.03}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_message(self, *arguments):
        pass


class Server:
    def __init__(self, status=lambda number: 200, certificate=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.seen = []
        self.http.status = status
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
            self.scheme = "https"

    def __enter__(self):
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    @property
    def seen(self):
        return self.http.seen

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.http.server_address[1]}{path}"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(PICTURE)
    return path


def load(program, *arguments, code=0):
    result = program.run("loadtest", *arguments, "--warmup", 0, "--json")
    assert result.returncode == code, result.stderr + result.stdout
    return json.loads(result.stdout)


def test_a_closed_loop_counts_requests_statuses_and_times(program, picture):
    with Server() as server:
        report = load(program, server.url("/predictions/animal"), picture, "--requests", 200, "--concurrency", 4)
    assert len(server.seen) == 200 and report["answers"] == 200 and report["statuses"] == {"200": 200}
    assert report["connections"] == 4 and report["error_share"] == 0 and not any(report["errors"].values())
    latency = report["latency_ms"]
    assert 0 < latency["min"] <= latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
    method, path, headers, body = server.seen[0]
    assert (method, path, body) == ("POST", "/predictions/animal", PICTURE)
    assert headers["Content-Type"] == "image/jpeg"


def test_an_open_loop_keeps_its_rate(program, picture):
    with Server() as server:
        report = load(program, server.url(), picture, "--rate", 200, "--duration", "2s")
    assert abs(len(server.seen) - 400) < 5 * 400**0.5
    assert report["answers"] == len(server.seen)


def unpacked(form, headers, body):
    if form == "torchserve":
        return body
    if form == "v2":
        length = int(headers["Inference-Header-Content-Length"])
        size = json.loads(body[:length])["inputs"][0]["parameters"]["binary_data_size"]
        raw = body[length:]
        assert size == len(raw) and int.from_bytes(raw[:4], "little") == len(raw) - 4
        return raw[4:]
    if form == "upload":
        boundary = headers["Content-Type"].split("boundary=")[1].encode()
        part = body.split(b"--" + boundary)[1]
        assert b'name="file"; filename="a.jpg"' in part
        return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
    value = json.loads(body)
    text = {"v2-json": lambda: value["inputs"][0]["data"][0], "predict": lambda: value["base_64_str"],
            "kserve": lambda: value["instances"][0]["b64"]}[form]()
    return base64.b64decode(text, validate=True)


@pytest.mark.parametrize("form", ["torchserve", "v2", "v2-json", "predict", "upload", "kserve"])
def test_each_form_carries_the_picture(program, picture, form):
    with Server() as server:
        load(program, server.url(), picture, "--form", form, "--requests", 3, "--header", "X-Canary-Key: 7")
    for _, _, headers, body in server.seen:
        assert unpacked(form, headers, body) == PICTURE and headers["X-Canary-Key"] == "7"


def test_without_files_it_gets_and_head_has_no_body(program):
    with Server() as server:
        load(program, server.url("/ping"), "--requests", 5)
        load(program, server.url("/ping"), "--requests", 5, "--method", "HEAD", "--no-keep-alive")
    assert [seen[0] for seen in server.seen] == ["GET"] * 5 + ["HEAD"] * 5


def test_the_text_says_what_the_json_says_and_the_histogram_is_written(program, picture):
    with Server() as server:
        result = program.ok("loadtest", server.url(), picture, "--requests", 50, "--warmup", 0, "--histogram", "out.hgrm")
    for word in ("answers", "p50", "p99.9", "max", "statuses     200: 50", "errors       none", "bytes", "us CPU a request"):
        assert word in result.stdout
    lines = (program.folder / "out.hgrm").read_text().splitlines()
    assert lines[0].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    assert lines[2].split()[1] == "0.000000000000" and re.search(r"Total count\s+=\s+50\]", lines[-1])


def test_bounds_that_do_not_hold_end_with_4(program, picture):
    with Server(lambda number: 503 if number % 2 else 200) as server:
        assert load(program, server.url(), picture, "--requests", 40, "--max-error-share", 0.6)["broken_bounds"] == []
        assert len(load(program, server.url(), picture, "--requests", 40, "--max-error-share", 0.4, code=4)["broken_bounds"]) == 1
        # Half of the requests are refused, so 99 % cannot be within any time.
        report = load(program, server.url(), picture, "--requests", 40, "--p99", "10s", code=4)
        assert "within 10s" in report["broken_bounds"][0]
    with Server() as server:
        assert load(program, server.url(), picture, "--requests", 40, "--p99", "10s")["broken_bounds"] == []


def test_the_highest_rate_is_searched(program, picture):
    with Server() as server:
        arguments = ["--find-max-rate", "--p99", "250ms", "--duration", "300ms", "--rate", 50, "--max-probes", 3]
        report = load(program, server.url(), picture, *arguments)
        assert 1 <= len(report["probes"]) <= 3
        assert report["max_rate"] == max((p["rate"] for p in report["probes"] if p["holds"]), default=0)
        assert load(program, server.url(), picture, *arguments[:2], "1us", *arguments[3:], code=4)["max_rate"] == 0


def test_a_server_that_is_not_there_ends_with_5(program, picture):
    with Server() as server:
        url = server.url()
    result = program.run("loadtest", url, picture, "--requests", 1)
    assert result.returncode == 5 and "cannot reach 127.0.0.1" in result.stderr


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls_is_verified(program, picture, certificate):
    with Server(certificate=certificate) as server:
        for host in ("127.0.0.1", "localhost"):
            report = load(program, server.url(host=host), picture, "--requests", 20, "--concurrency", 2, "--ca", certificate[0])
            assert report["statuses"] == {"200": 20} and report["connections"] == 2
        result = program.run("loadtest", server.url(), picture, "--requests", 2, "--warmup", 0)
        assert result.returncode == 5 and "2 tls" in result.stderr


def test_ctrl_c_prints_what_was_measured(program, picture):
    measured = threading.Event()

    def status(number):
        if number == 100:
            measured.set()
        return 200

    with Server(status) as server:
        process = program.start("loadtest", server.url(), picture, "--warmup", "0", "--duration", "100s", "--json")
        assert measured.wait(60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    report = json.loads(out)
    assert report["interrupted"] and report["answers"] >= 90 and report["seconds"] < 100
    assert process.returncode == 0


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["ftp://127.0.0.1/"], "http"),
        (["http://127.0.0.1:1/", "--duration", "ten"], "15ms"),
        (["http://127.0.0.1:1/", "--duration", "0"], "above 0"),
        (["http://127.0.0.1:1/", "--form", "tensorflow"], "kserve"),
        (["http://127.0.0.1:1/", "--find-max-rate"], "--p99"),
        (["http://127.0.0.1:1/", "--header", "no colon"], "Name: value"),
        (["http://127.0.0.1:1/", "--max-error-share", "2"], "from 0 to 1"),
        (["http://127.0.0.1:1/", "--concurrency", "100000"], "65536"),
    ],
)
def test_wrong_arguments_are_refused(program, arguments, words):
    result = program.run("loadtest", *arguments)
    assert result.returncode == 2 and words in result.stderr


def test_a_missing_body_file_is_named(program):
    result = program.run("loadtest", "http://127.0.0.1:1/", "none.jpg")
    assert result.returncode == 3 and "none.jpg" in result.stderr
