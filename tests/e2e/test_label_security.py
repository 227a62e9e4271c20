"""What an attacker may try on the label server: a table of attempts, none of which may succeed."""

import http.client
import json
import os
import socket
import ssl
import stat
import subprocess
import urllib.parse

import pytest
from label_process import FRAMES, LabelServer, add_frames, png

SECRET = "the content of a file outside"
ODD_NAMES = [
    "a#b.png", "a?b.png", "a%20b.png", "a%2fb.png", "a'b.png", 'a"b.png', "a<b>.png", "a&amp;b.png", "a;b.png", "a\\b.png",
    "<img src=x onerror=alert(1)>.png", "\"><script>alert(1)<>.png", "javascript:alert(1).png", "..png", "...png", "a..png",
    " leading.png", "ümläut.png", "🐱.png", "line\nend.png", "tab\t.png", "\u202egnp.exe.png", "x" * 251 + ".png", "hex:00.png",
]


@pytest.fixture
def site(program):
    (program.folder / "secret.txt").write_text(SECRET)
    (program.folder / "secret.png").write_bytes(png(7) + SECRET.encode())
    with LabelServer(program, frames=["a.png", "b.png"]) as server:
        yield server


def raw(site, request, port="page"):
    """The bytes that come back for bytes of our own making."""
    host, number = urllib.parse.urlparse(site.ready[port]).netloc.split(":")
    with socket.create_connection((host, int(number)), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize("port", ["page", "api"])
@pytest.mark.parametrize("path", [
    "/files/../secret.txt", "/files/..%2fsecret.txt", "/files/..%2F..%2F..%2Fsecret.txt", "/files/%2e%2e/secret.txt",
    "/files/%2e%2e%2fsecret.txt", "/files/..%5csecret.txt", "/files/%252e%252e%252fsecret.txt", "/files//etc/passwd",
    "/files/%2fetc%2fpasswd", "/files/a.png%00.txt", "/files/a.png/../../secret.txt", "/files/./a.png", "/files/a.png/",
    "/files/.", "/files/..", "/files/", "/../secret.txt", "/assets/../secret.txt", "/assets/..%2fsecret.txt",
    "/thumbnails/..%2fsecret.txt", "/files/hex:2e2e2f7365637265742e747874", "/docs/..%2fsecret.txt", "/files/%c0%ae%c0%ae/secret.txt",
])
def test_no_path_leads_out_of_the_folder(site, port, path):
    answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split()[1])
    assert status in (400, 404), answer[:200]
    assert SECRET.encode() not in answer and b"root:" not in answer


def test_links_out_of_the_folder_are_not_followed(program):
    (program.folder / "secret.png").write_bytes(png(7) + SECRET.encode())
    add_frames(program, "a.png")
    frames = program.folder / FRAMES
    (frames / "link.png").symlink_to(program.folder / "secret.png")
    (frames / "relative.png").symlink_to("../../../secret.png")
    (frames / "inside.png").symlink_to("a.png")
    (frames / "folder.png").symlink_to(program.folder)
    with LabelServer(program) as site:
        for name in ("link.png", "relative.png", "folder.png", "folder.png%2fsecret.png"):
            status, _, content = site.call("GET", "/files/" + name)
            assert status in (403, 404) and SECRET.encode() not in content, name
        assert SECRET.encode() not in site.call("GET", "/api/export?format=json&images=true&state=unlabelled")[2]


CROSS = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
LABEL = json.dumps({"label": "REJECT", "filename": "a.png"})
CHANGES = json.dumps({"changes": [{"key": "12345678", "name": "a.png", "revision": 0, "action": "reject"}]})


@pytest.mark.parametrize("port", ["page", "api"])
@pytest.mark.parametrize("headers", [
    {**CROSS, "Content-Type": "application/json"},
    {**CROSS, "Content-Type": "text/plain"},
    {**CROSS, "Content-Type": "application/x-www-form-urlencoded"},
    {"Origin": "null", "Content-Type": "application/json"},
    {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
    {"Sec-Fetch-Site": "same-site", "Content-Type": "application/json"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Content-Type": "text/plain"},
    {"Origin": "http://localhost:8000", "Content-Type": "application/json"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {},
], ids=str)
def test_no_page_of_another_site_changes_anything(site, port, headers):
    for path, body in (("/label", LABEL), ("/api/labels", CHANGES)):
        status, _, _ = site.call("POST", path, body, headers, port=port)
        assert status in (403, 404, 415), (path, status)
    assert site.json("GET", "/filelist") == ["a.png", "b.png"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_no_other_name_leads_here(site, host):
    for request in (f"GET /filelist HTTP/1.1\r\nHost: {host}\r\n", f"POST /label HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(LABEL)}\r\n"):
        body = LABEL if request.startswith("POST") else ""
        answer = raw(site, f"{request}Connection: close\r\n\r\n{body}".encode())
        assert answer.split()[1] in (b"421", b"400"), answer[:100]
    assert site.json("GET", "/filelist") == ["a.png", "b.png"]


def test_a_page_may_not_be_framed_and_runs_no_code_but_its_own(site):
    status, headers, content = site.call("GET", "/")
    if status == 404:
        pytest.skip("the program was built without its pages: ANIMALCTL_WITH_WEB=OFF")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script>" not in content and b"onload=" not in content and b"style=" not in content


@pytest.mark.parametrize("content", [
    b"<html><script>alert(1)</script></html>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<?xml version='1.0'?><svg/>", b"GIF89a<script>", b"%PDF-1.7", b"\x7fELF", b"", b"BM<script>alert(1)</script>",
])
def test_what_is_no_image_is_never_sent_as_something_a_browser_runs(program, content):
    folder = program.folder / FRAMES
    folder.mkdir(parents=True)
    (folder / "page.png").write_bytes(content)
    with LabelServer(program) as site:
        for path in ("/files/page.png", "/thumbnails/page.png"):
            status, headers, answer = site.call("GET", path)
            assert (status, headers["Content-Type"]) == (415, "application/json")
            assert content == b"" or content not in answer


def test_images_are_sent_so_that_nothing_in_them_runs(site):
    _, headers, _ = site.call("GET", "/files/a.png")
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] in ("same-origin", "same-site")


def test_odd_names_work_everywhere_and_stay_text(program):
    with LabelServer(program, frames=ODD_NAMES) as site:
        listed = site.json("GET", "/filelist")
        expected = [name for name in ODD_NAMES if not name.startswith(".")]
        plain = [name for name in listed if not name.startswith("hex:")]
        assert set(plain) == {name for name in expected if not name.startswith("hex:")}
        assert len(listed) == len(expected)
        for name in listed:
            path = urllib.parse.quote(name, safe="")
            assert site.call("GET", "/files/" + path)[0] == 200, name
            assert site.json("GET", "/api/items/" + path)["item"]["name"] == name
            assert site.seed_label(name, "CAT")["status"] == "success"
        assert site.json("GET", "/filelist") == []
        for format_name in ("json", "csv", "jsonl", "imagefolder", "coco", "label-studio", "huggingface"):
            assert site.call("GET", "/api/export?format=" + format_name)[0] == 200


def test_names_that_are_no_utf8_work_too(program):
    folder = os.fsencode(program.folder / FRAMES)
    os.makedirs(folder)
    with open(folder + b"/\xff\xfe.png", "wb") as file:
        file.write(png())
    with LabelServer(program) as site:
        assert site.json("GET", "/filelist") == ["hex:fffe2e706e67"]
        assert site.call("GET", "/files/hex:fffe2e706e67")[0] == 200
        site.seed_label("hex:fffe2e706e67", "CAT")
        assert os.path.exists(os.fsencode(program.folder) + b"/data/cats_and_dogs/annotations/\xff\xfe.json")


def test_bodies_heads_and_numbers_of_changes_have_limits(site):
    head = "POST /label HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    for request, status in (
        (head + "Content-Length: 3000000\r\n\r\n", b"413"),
        (head + "Content-Length: 99999999999999999999\r\n\r\n", b"413"),
        (head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (head + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", b"415"),
        (head + "Content-Length: x\r\n\r\n", b"400"),
        (head + "X-Long: " + "y" * 100_000 + "\r\n\r\n", b"431"),
    ):
        found = raw(site, request.encode()).split()[1]
        assert found in (status, b"400", b"413"), (request[:150], found)
    changes = [{"key": f"key-{number:08}", "name": "a.png", "revision": 0, "action": "skip"} for number in range(1001)]
    assert site.call("POST", "/api/labels", {"changes": changes})[0] == 400
    assert site.call("POST", "/api/labels", "[" * 100_000, {"Content-Type": "application/json"})[0] == 400


# --- Tokens and roles. ---


@pytest.fixture
def guarded(program):
    tokens = {role: (role * 10)[:43].ljust(43, "x") for role in ("labeller", "reviewer", "admin")}
    file = program.folder / "tokens.json"
    people = [{"name": role, "role": role, "token": token} for role, token in tokens.items()]
    file.write_text(json.dumps({"format": 1, "people": people}))
    file.chmod(0o600)
    with LabelServer(program, "--tokens", "tokens.json", frames=["a.png", "b.png"]) as server:
        server.bearer = {role: {"Authorization": "Bearer " + token} for role, token in tokens.items()}
        server.tokens = tokens
        yield server


ROLES = ["labeller", "reviewer", "admin"]
MAY = [
    ("GET", "/filelist", None, [200, 200, 200]),
    ("GET", "/api/items", None, [200, 200, 200]),
    ("GET", "/files/a.png", None, [200, 200, 200]),
    ("GET", "/api/history?annotator=admin", None, [403, 200, 200]),
    ("GET", "/api/export?format=csv", None, [403, 403, 200]),
    ("POST", "/api/import?name=x.png", png(9), [403, 403, 200]),
]


@pytest.mark.parametrize("method, path, body, statuses", MAY, ids=[row[1] for row in MAY])
def test_each_role_may_what_the_table_says(guarded, method, path, body, statuses):
    headers = {"Content-Type": "image/png"} if body else {}
    assert guarded.call(method, path, body, headers)[0] == 401
    assert guarded.call(method, path, body, {**headers, "Authorization": "Bearer " + "x" * 43})[0] == 401
    assert [guarded.call(method, path, body, {**headers, **guarded.bearer[role]})[0] for role in ROLES] == statuses


def test_the_link_that_is_printed_lets_its_reader_in(guarded):
    link = urllib.parse.urlparse(guarded.ready["link"])
    assert (link.path, link.query) == ("/login", "token=" + guarded.tokens["admin"])
    status, headers, _ = guarded.call("GET", f"{link.path}?{link.query}")
    assert (status, headers["Location"]) == (303, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    session = guarded.json("GET", "/api/session", headers={"Cookie": cookie.split(";")[0]})
    assert (session["annotator"], session["role"]) == ("admin", "admin")
    # The API port takes the token, but makes no cookie of it.
    assert guarded.call("GET", f"{link.path}?{link.query}", port="api")[0] == 404
    assert guarded.call("GET", "/filelist", headers=guarded.bearer["labeller"], port="api")[0] == 200
    assert guarded.call("GET", "/filelist", port="api")[0] == 401
    log = guarded.stop()
    assert guarded.tokens["admin"] not in log


def test_tokens_are_made_where_the_address_is_no_loopback(program):
    with LabelServer(program, "--host", "0.0.0.0", frames=["a.png"]) as site:
        file = program.folder / "label_tokens.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert site.call("GET", "/filelist")[0] == 401
        token = json.loads(file.read_text())["people"][0]["token"]
        assert site.call("GET", "/filelist", headers={"Authorization": "Bearer " + token})[0] == 200


def test_a_hangup_reads_the_tokens_again(guarded):
    import signal

    file = guarded.program.folder / "tokens.json"
    file.write_text(json.dumps({"format": 1, "people": [{"name": "new", "role": "admin", "token": "n" * 43}]}))
    guarded.process.send_signal(signal.SIGHUP)
    while guarded.call("GET", "/filelist", headers={"Authorization": "Bearer " + "n" * 43})[0] != 200:
        assert guarded.process.poll() is None
    assert guarded.call("GET", "/filelist", headers=guarded.bearer["admin"])[0] == 401


def test_https_keeps_the_cookie_to_itself(program):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                           "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                          cwd=program.folder, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    with LabelServer(program, "--certificate", "cert.pem", "--private-key", "key.pem", "--tokens", "tokens.json", frames=["a.png"]) as site:
        link = urllib.parse.urlparse(site.ready["link"])
        assert link.scheme == "https"
        context = ssl.create_default_context(cafile=program.folder / "cert.pem")
        connection = http.client.HTTPSConnection(link.netloc, timeout=20, context=context)
        connection.request("GET", f"{link.path}?{link.query}")
        assert "; Secure" in connection.getresponse().headers["Set-Cookie"]
        connection.close()
