"""Servers of the download tests, on 127.0.0.1 and a free port: files (with ranges, TLS), and a proxy in front of them."""

import contextlib
import http.server
import re
import select
import socket
import ssl
import subprocess
import threading


class FileHandler(http.server.BaseHTTPRequestHandler):
    """Serves the server's `files`; `cut` bytes of the next answer are sent and the connection dropped."""

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        name = self.path.rsplit("/", 1)[-1]
        if self.path in self.server.redirects:
            return self.reply(302, b"", {"Location": self.server.redirects[self.path]})
        if name not in self.server.files:
            return self.reply(404, b"no such file")
        content = self.server.files[name]
        headers = {"ETag": '"one"'}
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") == '"one"':
            first = int(wanted[1])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            return self.reply(206, content[first:], headers)
        return self.reply(200, content, headers)

    def reply(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        cut, self.server.cut = self.server.cut, None
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = True

    def log_message(self, *_):
        pass


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    """Forwards absolute addresses and opens tunnels, every one to `target`, whatever the name: no name server is asked."""

    def do_CONNECT(self):
        self.server.requests.append((self.path, dict(self.headers)))
        with socket.create_connection(self.server.target) as server:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: server, server: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    part = end.recv(65536)
                    if not part:
                        return
                    ends[end].sendall(part)

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        path = re.sub(r"^http://[^/]+", "", self.path)
        with socket.create_connection(self.server.target) as server:
            server.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            while part := server.recv(65536):
                self.wfile.write(part)
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(handler, certificate=None, **state):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.requests = []
    vars(server).update(state)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve_files(files, certificate=None):
    return serve(FileHandler, certificate, files=files, redirects={}, cut=None)


def make_certificate(folder, names):
    """A certificate authority and a certificate for `names` ("DNS:localhost,IP:127.0.0.1"): (authority, (file, key))."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    (folder / "names.cnf").write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names.cnf", "-out", "server.pem")
    return folder / "ca.pem", (folder / "server.pem", folder / "server.key")
