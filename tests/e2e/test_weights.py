"""weights list and fetch, against servers of our own: no published file is needed, none is downloaded.

The table's checksums are those of the real files. A right download is shown with eight bytes, found by search, whose
SHA-256 begins with the same digits as one of them; for everything up to the checksum any content serves.
"""

import hashlib
import json
import pathlib
import resource
import signal

import pytest
from conftest import leftovers
from file_server import ProxyHandler, make_certificate, serve, serve_files

FILE = "squeezenet1_1-b8a52dc0.pth"
CONTENT = bytes(range(256)) * 4000
STAND_IN_FILE = "resnet50-11ad3fa6.pth"
STAND_IN = b"115bbe20"


def url(server, scheme="http", host="127.0.0.1"):
    return f"{scheme}://{host}:{server.server_port}/models"


def fetch(program, server_url, **environment):
    return program.run("weights", "fetch", "squeezenet1_1", "--base-url", server_url, environment=environment)


def parts(program):
    return sorted(path.name for path in pathlib.Path(program.folder).rglob("*.part*"))


def reaches_the_checksum(result):
    """The whole file came: what is wrong is only that it is not torchvision's."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    return result.returncode == 3 and digest in result.stderr and "begin with b8a52dc0" in result.stderr


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"), "DNS:localhost,DNS:weights.invalid")


def test_list_shows_every_row_and_what_was_fetched(program):
    lines = program.ok("weights", "list").stdout.splitlines()
    assert lines[0].split() == ["NAME", "FILE", "SIZE", "TOP-1", "FETCHED"]
    assert lines[1].split() == ["squeezenet1_1", FILE, "4.7", "MiB", "58.2%", "no"]
    assert len(lines) == 8
    rows = json.loads(program.ok("weights", "list", "--json", "--weights-dir", "w").stdout)
    assert rows[0]["path"] == f"w/{FILE}" and rows[0]["fetched"] is False and rows[0]["top1_percent"] == 58.178
    (program.folder / "cache/weights").mkdir(parents=True)
    (program.folder / "cache/weights" / FILE).write_bytes(b"not it")
    assert "damaged" in program.ok("weights", "list").stdout


def test_the_table_agrees_with_torchvision(program):
    models = pytest.importorskip("torchvision.models")
    classes = {
        "squeezenet1_1": "SqueezeNet1_1_Weights", "mobilenet_v2": "MobileNet_V2_Weights", "resnet18": "ResNet18_Weights",
        "resnet34": "ResNet34_Weights", "resnet50": "ResNet50_Weights",
    }
    for row in json.loads(program.ok("weights", "list", "--json").stdout):
        published = getattr(models, classes[row["architecture"]])[row["recipe"]]
        assert published.url == f"https://download.pytorch.org/models/{row['file']}"
        metrics = published.meta.get("metrics") or published.meta["_metrics"]["ImageNet-1K"]
        assert metrics["acc@1"] == row["top1_percent"]
        # Four bytes a parameter, the statistics and the names; rounded to 0.1 MiB.
        assert 0.99 < row["mebibytes"] * 2**20 / (4 * published.meta["num_params"]) < 1.02


@pytest.mark.parametrize("arguments, message", [
    (["fetch", "resnet-18"], 'did you mean "resnet18"?'),
    (["fetch"], "needs a NAME"),
    (["list", "resnet18"], "takes no NAME"),
    (["get", "resnet18"], "list, fetch"),
    (["fetch", "resnet18", "--base-url", "ftp://h"], "only http and https"),
])
def test_wrong_use_is_explained(program, arguments, message):
    result = program.run("weights", *arguments)
    assert result.returncode == 2 and message in result.stderr and result.stdout == ""


def test_a_wrong_checksum_leaves_nothing_and_names_both_values(program):
    with serve_files({FILE: CONTENT}) as server:
        result = fetch(program, url(server))
        assert server.requests[0][0] == f"/models/{FILE}"
    assert reaches_the_checksum(result) and result.stdout == ""
    assert parts(program) == [] and leftovers(program.folder) == []


def test_the_address_may_come_from_the_environment(program):
    with serve_files({FILE: CONTENT}) as server:
        result = program.run("weights", "fetch", "squeezenet1_1", environment={"ANIMALCTL_WEIGHTS_URL": url(server) + "/"})
    assert reaches_the_checksum(result)


def test_a_cut_transfer_is_continued(program):
    with serve_files({FILE: CONTENT}) as server:
        server.cut = 300_000
        result = fetch(program, url(server))
        assert [request[1].get("Range") for request in server.requests] == [None, "bytes=300000-"]
    assert reaches_the_checksum(result) and "trying again in 1 s" in result.stderr


def test_an_interrupted_fetch_goes_on_in_the_next_call(program):
    """A limit on the file's size stands in for a full disk."""
    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    with serve_files({FILE: CONTENT}) as server:
        result = program.run("weights", "fetch", "squeezenet1_1", "--base-url", url(server), preexec_fn=small_disk)
        assert result.returncode == 5 and "free some space" in result.stderr
        assert parts(program) == [FILE + ".part", FILE + ".part.json"]
        assert reaches_the_checksum(fetch(program, url(server)))
        assert server.requests[1][1]["Range"] == "bytes=400000-"
    assert parts(program) == []


def test_a_missing_file_a_too_large_one_and_no_server_have_their_exit_codes(program):
    with serve_files({}) as server:
        gone = url(server)
        result = fetch(program, gone)
        assert result.returncode == 3 and "no such file (status 404)" in result.stderr
    with serve_files({FILE: bytes(6 << 20)}) as server:
        result = fetch(program, url(server))
        assert result.returncode == 5 and "too large" in result.stderr
    result = fetch(program, gone)
    assert result.returncode == 5 and "cannot connect" in result.stderr
    assert parts(program) == []


def test_tls_is_verified_against_the_named_authority(program, certificate):
    authority, pair = certificate
    with serve_files({FILE: CONTENT}, pair) as server:
        result = fetch(program, url(server, "https", "localhost"))
        assert result.returncode == 5 and "not trusted" in result.stderr and "SSL_CERT_FILE" in result.stderr
        assert reaches_the_checksum(fetch(program, url(server, "https", "localhost"), SSL_CERT_FILE=str(authority)))
        result = fetch(program, url(server, "https"), SSL_CERT_FILE=str(authority))
        assert result.returncode == 5 and "for another host" in result.stderr


def test_a_redirect_from_https_to_http_is_refused(program, certificate):
    authority, pair = certificate
    with serve_files({FILE: CONTENT}) as plain, serve_files({}, pair) as server:
        server.redirects[f"/models/{FILE}"] = url(plain) + "/" + FILE
        result = fetch(program, url(server, "https", "localhost"), SSL_CERT_FILE=str(authority))
        assert result.returncode == 3 and "not protected; refused" in result.stderr
        assert plain.requests == []


def test_plain_and_tunnelled_requests_go_through_the_proxy(program, certificate):
    authority, pair = certificate
    with serve_files({FILE: CONTENT}) as plain, serve(ProxyHandler, target=("127.0.0.1", plain.server_port)) as proxy:
        result = fetch(program, "http://weights.invalid/models", http_proxy=f"http://ann:secret@127.0.0.1:{proxy.server_port}")
        assert reaches_the_checksum(result)
        assert proxy.requests[0][1]["Proxy-Authorization"] == "Basic YW5uOnNlY3JldA=="
    with serve_files({FILE: CONTENT}, pair) as secure, serve(ProxyHandler, target=("127.0.0.1", secure.server_port)) as proxy:
        result = fetch(program, "https://weights.invalid/models", SSL_CERT_FILE=str(authority),
                       HTTPS_PROXY=f"http://ann:secret@127.0.0.1:{proxy.server_port}")
        assert reaches_the_checksum(result)
        assert proxy.requests[0][0] == "weights.invalid:443"
        assert proxy.requests[0][1]["Proxy-Authorization"] == "Basic YW5uOnNlY3JldA=="
        # The proxy's password is not the server's business.
        assert not secure.requests[0][1].get("Proxy-Authorization")


def test_a_fetched_file_is_printed_and_needs_no_network_the_next_time(program):
    path = f"cache/weights/{STAND_IN_FILE}"
    with serve_files({STAND_IN_FILE: STAND_IN}) as server:
        result = program.ok("weights", "fetch", "resnet50@v2", "--base-url", url(server))
    assert result.stdout == path + "\n" and "[" not in result.stderr
    assert (program.folder / path).read_bytes() == STAND_IN
    assert [entry.name for entry in (program.folder / "cache/weights").iterdir()] == [STAND_IN_FILE]
    nowhere = ("--base-url", "http://127.0.0.1:9")
    result = program.ok("weights", "fetch", "resnet50@v2", *nowhere)
    assert "there already" in result.stderr and result.stdout == path + "\n"
    assert json.loads(program.ok("weights", "fetch", "resnet50@v2", "--json", *nowhere).stdout)["fetched"] is True
    lines = program.ok("weights", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.endswith(" yes")] == ["resnet50@v2"]


def test_a_damaged_file_is_fetched_anew(program):
    target = program.folder / "w" / STAND_IN_FILE
    target.parent.mkdir()
    target.write_bytes(b"damaged")
    with serve_files({STAND_IN_FILE: STAND_IN}) as server:
        result = program.ok("weights", "fetch", "resnet50@v2", "--dir", "w", "--base-url", url(server))
    assert "is damaged; fetching it anew" in result.stderr and target.read_bytes() == STAND_IN


def test_ctrl_c_ends_a_fetch_that_waits_for_the_server(program):
    import socket
    import subprocess

    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = program.start("weights", "fetch", "resnet18", "--base-url", f"http://127.0.0.1:{listener.getsockname()[1]}")
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            process.send_signal(signal.SIGINT)
            try:
                _, errors = process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert process.returncode == 130 and "stopped the download" in errors
    assert parts(program) == []
