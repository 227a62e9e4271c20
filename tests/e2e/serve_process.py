"""A running `animalctl serve` for end-to-end tests: started on free ports, spoken to as clients do, ended by its own id."""

import http.client
import json
import signal
import ssl
import urllib.parse

from conftest import LIMIT_SECONDS

FREE = "http://127.0.0.1:0"


class Serve:
    """Starts the program in a workspace and waits for its line."""

    def __init__(self, program, *arguments, addresses=True, environment=None):
        listeners = ["--inference-address", FREE, "--management-address", FREE, "--metrics-address", FREE]
        if environment:
            program.environment = {**program.environment, **environment}
        self.process = program.start("serve", "--prediction-port", "0", *(listeners if addresses else []), *arguments)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.ready = json.loads(line)
        self.context = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=LIMIT_SECONDS)

    def call(self, listener, method, path, body=None, headers=None):
        """Status, headers and content of one request on a connection of its own."""
        url = urllib.parse.urlparse(self.ready[listener])
        if url.scheme == "https":
            connection = http.client.HTTPSConnection(url.netloc, timeout=LIMIT_SECONDS, context=self.context)
        else:
            connection = http.client.HTTPConnection(url.netloc, timeout=LIMIT_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def json(self, listener, method, path, body=None, headers=None, status=200):
        """The JSON of an answer, which must have this status."""
        found, _, content = self.call(listener, method, path, body, headers)
        assert found == status, content
        return json.loads(content)

    def stop(self):
        """Ends it as an operator does; returns what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=LIMIT_SECONDS)
        assert self.process.returncode == 0, log
        return log


def trusting(certificate):
    return ssl.create_default_context(cafile=str(certificate))
