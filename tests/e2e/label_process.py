"""A running `animalctl label-server` for end-to-end tests: on free ports, spoken to as clients do, ended by its own id."""

import http.client
import itertools
import json
import signal
import struct
import urllib.parse
import zlib

from conftest import LIMIT_SECONDS

FRAMES = "data/cats_and_dogs/frames"
ANNOTATIONS = "data/cats_and_dogs/annotations"


def png(number=0):
    """A 4×4 PNG, another one for each number."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + struct.pack(">I", number) + bytes(8) for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def add_frames(program, *names):
    folder = program.folder / FRAMES
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(png(zlib.crc32(name.encode())))


class LabelServer:
    """Starts the program in its folder and waits for its line."""

    def __init__(self, program, *arguments, frames=()):
        self.program = program
        add_frames(program, *frames)
        self.keys = (f"test-key-{number:06}" for number in itertools.count())
        self.process = program.start("label-server", "--port", "0", "--api-port", "0", *arguments)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=LIMIT_SECONDS)

    def connect(self, port="page"):
        return http.client.HTTPConnection(urllib.parse.urlparse(self.ready[port]).netloc, timeout=LIMIT_SECONDS)

    def call(self, method, path, body=None, headers=None, port="page"):
        """Status, headers and content of one request on a connection of its own."""
        connection = self.connect(port)
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None, port="page", status=200):
        """The JSON of an answer, which must have this status."""
        found, _, content = self.call(method, path, body, headers, port)
        assert found == status, content
        return json.loads(content)

    def seed_label(self, filename, label, port="api", status=200, **more):
        return self.json("POST", "/label", {"label": label, "filename": filename, **more}, port=port, status=status)

    def change(self, name, revision, action="label", who="anna", key=None, **more):
        """The result of one change."""
        change = {"key": key or next(self.keys), "name": name, "revision": revision, "action": action, **more}
        return self.json("POST", "/api/labels", {"changes": [change]}, {"X-Annotator": who})["results"][0]

    def item(self, name):
        return self.json("GET", "/api/items/" + urllib.parse.quote(name, safe=""))["item"]

    def events(self):
        return self.json("GET", "/api/history?limit=1000")["events"]

    def annotation(self, file):
        path = self.program.folder / ANNOTATIONS / file
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def kill(self):
        """As a power cut does."""
        self.process.kill()
        self.process.communicate(timeout=LIMIT_SECONDS)

    def stop(self):
        """Ends it as an operator does; returns what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=LIMIT_SECONDS)
        assert self.process.returncode == 0, log
        return log
