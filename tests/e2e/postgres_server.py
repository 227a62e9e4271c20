"""Debian's PostgreSQL on a socket of its own: no port, no other user's cluster, gone at the end."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

LIMIT_SECONDS = 60


def programs():
    """The folder of the newest server's programs, or None."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders and (folders[-1] / "initdb").exists() else None


def plain_user():
    """Whom to become when root: the server refuses to run as root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


class PostgresServer:
    """Runs a new, empty server; `address(name)` makes a database and names it."""

    def __init__(self, binaries):
        # A short path: a socket's name may have 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="apg"))
        self.binaries = binaries
        self.user = plain_user() if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.call("initdb", "-D", self.folder / "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c unix_socket_permissions=0777 -c fsync=off"
        self.call("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")

    def call(self, name, *arguments, limit=LIMIT_SECONDS):
        identity = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        result = subprocess.run(
            [self.binaries / name, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGHOST": str(self.folder), "PGUSER": "tester"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
            text=True,
            **identity,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def address(self, name):
        self.call("createdb", name)
        return f"postgresql://tester@/{name}?host={self.folder}"

    def restart(self):
        self.call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "-l", self.folder / "log", "restart")

    def stop(self):
        try:
            self.call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    server = PostgresServer(binaries)
    try:
        yield server
    finally:
        server.stop()
