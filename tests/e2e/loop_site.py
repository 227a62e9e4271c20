"""A whole site under `up`, as its users meet it: labels, queries and pages over HTTP, the rest by itself."""

import hashlib
import http.client
import itertools
import json
import os
import pathlib
import queue
import random
import re
import signal
import threading
import time
import uuid

import cv2
import numpy
from conftest import SHARED
from test_up import Up

DATA = SHARED / "data"
CLASSES = ("CAT", "DOG")


class Picture:
    """Bytes that a client may send, and what they truly show."""

    def __init__(self, content, label):
        self.content = content
        self.label = label
        self.digest = hashlib.sha256(content).hexdigest()


def photographs(first, last):
    """Pictures first..last-1 of both classes, cats and dogs in turn."""
    frames = DATA / "cats_and_dogs/frames"
    return [Picture((frames / f"{name}.{i}.jpg").read_bytes(), name.upper()) for i in range(first, last) for name in ("cat", "dog")]


def of_folder(folder, count):
    """The first pictures of DIR/{cat,dog}, cats and dogs in turn."""
    by_class = [[Picture(path.read_bytes(), name.upper()) for path in sorted((DATA / folder / name).iterdir())[: count // 2]] for name in ("cat", "dog")]
    return [picture for pair in zip(*by_class) for picture in pair]


def through_another_camera(picture):
    """The same scene from a camera that is broken: dark, colours turned round, out of focus."""
    image = cv2.imdecode(numpy.frombuffer(picture.content, numpy.uint8), cv2.IMREAD_COLOR)
    image = cv2.GaussianBlur(255 - image, (0, 0), 2.0)[:, :, [1, 2, 0]]
    image = (image * 0.45).astype(numpy.uint8)
    return Picture(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes(), picture.label)


class Site:
    """A workspace under `up`. Every call tries again while a part is being started anew, at the address it then has."""

    def __init__(self, program, settings, patience=180):
        self.program = program
        self.folder = program.folder / "site"
        self.folder.mkdir(exist_ok=True)
        (program.folder / "animalctl.toml").write_text(settings, encoding="utf-8")
        self.patience = patience
        self.log_lines = []
        self.addresses = {}  # of parts that are ready
        self.news = threading.Condition()
        self.starting = threading.Lock()
        self.start()

    def start(self):
        self.up = Up(self.program, "--config", str(self.program.folder / "animalctl.toml"))
        self.up.log_lines = self.log_lines  # of all starts
        self.listener = threading.Thread(target=self.listen, args=(self.up,))
        self.listener.start()

    def listen(self, up):
        """Keeps the addresses that the parts tell."""
        while up.process.poll() is None or not up.out.empty():
            try:
                line = up.out.get(timeout=0.2)
            except queue.Empty:
                continue
            with self.news:
                self.addresses.update((what, line[what]) for what in ("page", "prediction") if what in line)
                self.news.notify_all()

    def address(self, what):
        with self.news:
            assert self.news.wait_for(lambda: what in self.addresses, self.patience), f"nothing tells the address {what}"
            return self.addresses[what].removeprefix("http://").rstrip("/")

    def start_again(self):
        """After `up` was killed."""
        with self.starting:
            self.up.finish()
            self.listener.join()
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.up.__exit__(None, None, None)
        self.listener.join()
        if kind is not None:
            print("the site's newest lines:", *self.log_lines[-80:], sep="\n")

    def settings(self, text):
        """New settings for the steps of later runs."""
        (self.program.folder / "animalctl.toml").write_text(text, encoding="utf-8")

    def request(self, place, method, path, body=None, headers=None):
        """(status, JSON) of the "page" or the "prediction" API; tries again for a while when nobody listens or the answer says to."""
        deadline = time.monotonic() + self.patience
        while True:
            connection = http.client.HTTPConnection(self.address(place), timeout=60)
            try:
                connection.request(method, path, body, headers or {})
                response = connection.getresponse()
                content = response.read()
                if response.status != 503 or time.monotonic() > deadline:
                    return response.status, json.loads(content or b"null")
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            finally:
                connection.close()
            time.sleep(0.1)

    def import_pictures(self, pictures, prefix):
        names = []
        for number, picture in enumerate(pictures):
            status, answer = self.request("page", "POST", f"/api/import?name={prefix}-{number}.jpg", picture.content, {"Content-Type": "image/jpeg"})
            assert status == 200 and answer["results"][0]["status"] in ("imported", "duplicate"), answer
            names.append(answer["results"][0]["as"])
        return names

    def label(self, labels):
        """labels: name → class. As a person at the page does it: of each image its newest revision."""
        waiting = dict(labels)
        deadline = time.monotonic() + self.patience
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} images could not be labelled, {next(iter(waiting))} among them"
            changes = []
            for name, label in itertools.islice(waiting.items(), 1000):
                status, answer = self.request("page", "GET", f"/api/items/{name}")
                if status == 200:
                    changes.append({"key": uuid.uuid4().hex, "name": name, "revision": answer["item"]["revision"], "action": "label", "label": label, "shown": None, "blind": False, "milliseconds": 800})
            if not changes:
                time.sleep(0.2)  # the labeller has yet to see the files
                continue
            status, answer = self.request("page", "POST", "/api/labels", json.dumps({"changes": changes}), {"Content-Type": "application/json"})
            assert status == 200, answer
            for change, result in zip(changes, answer["results"]):
                if result["status"] == 200:
                    waiting.pop(change["name"])

    def predict(self, picture):
        status, answer = self.request("prediction", "POST", "/predict", picture.content, {"Content-Type": "application/octet-stream"})
        assert status == 200, answer
        return answer

    def ask_all(self, pictures, clients=4):
        """Sends every picture once; returns how many were answered right."""
        queue = iter(list(pictures))
        lock, right, failures = threading.Lock(), [0], []

        def client():
            while True:
                with lock:
                    picture = next(queue, None)
                if picture is None:
                    return
                try:
                    answer = self.predict(picture)
                except Exception as error:  # reported by the caller
                    failures.append(error)
                    return
                with lock:
                    right[0] += answer["animal"].upper() == picture.label

        threads = [threading.Thread(target=client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]
        return right[0]

    def await_recorded(self, answers, limit=30):
        """Waits until so many answers have been stored; not for ever, because a killed `serve` takes its newest ones with it."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if sum(path.read_bytes().count(b"\n") for path in (self.folder / "logs/predictions").glob("*.jsonl")) >= answers:
                return
            time.sleep(0.1)

    def put_aside(self, pictures):
        """Of these pictures those that `serve` put among the frames: their names there → what they show."""
        by_digest = {path.stem.rsplit("-", 1)[1]: path.name for path in (self.folder / "data/cats_and_dogs/frames").glob("query-*")}
        known = [(by_digest.get(picture.digest[:32]), picture.label) for picture in pictures]
        return {name: label for name, label in known if name}

    def animalctl(self, *arguments):
        """Runs a command in the workspace with the site's settings."""
        folder, self.program.folder = self.program.folder, self.folder
        try:
            return self.program.run(*arguments, "--config", str(folder / "animalctl.toml"))
        finally:
            self.program.folder = folder

    def aliases(self):
        file = self.folder / "models/registry/animal/aliases.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def runs(self):
        status, answer = self.request("page", "GET", "/api/v1/runs")
        assert status == 200, answer
        return answer["runs"]

    def finished(self, count, while_waiting=lambda: None, limit=240):
        """Waits until so many runs have come to a decision; returns the newest. One whose step was killed too often has not: another follows."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            over = [run for run in self.runs() if run["state"] not in ("running", "canary", "failed")]
            if len(over) >= count:
                return over[0]
            while_waiting()
            time.sleep(0.2)
        raise AssertionError(f"no {count} runs after {limit} s: {self.runs()}\n" + "\n".join(self.log_lines[-60:]))


def children_of(parent):
    """Ids of the processes below one, its children's children among them."""
    found = []
    try:
        tasks = list(pathlib.Path(f"/proc/{parent}/task").iterdir())
        for task in tasks:
            for child in (task / "children").read_text(encoding="ascii").split():
                found += [int(child), *children_of(int(child))]
    except OSError:
        pass  # it has ended
    return found


class Chaos:
    """Kills a process of the site at random moments, without a warning: a part, a step of a run, or all by their parent."""

    def __init__(self, site, kills, seed=20):
        self.site = site
        self.kills = kills
        self.random = random.Random(seed)
        self.killed = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while len(self.killed) < self.kills and not self.stopping.wait(self.random.uniform(2, 12)):
            up = self.site.up.process.pid
            chosen = self.random.choice([up, *children_of(up)])
            try:
                words = pathlib.Path(f"/proc/{chosen}/cmdline").read_text(encoding="utf-8").split("\0")
                os.kill(chosen, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended by itself
            self.killed.append(next((word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]*", word)), "?"))
            if chosen == up:
                self.site.start_again()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Customers:
    """Keep asking while the site does something else; count what was not answered."""

    def __init__(self, site, pictures, seed=7):
        self.site = site
        self.pictures = pictures
        self.random = random.Random(seed)
        self.answered = 0
        self.failed = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(random.Random(seed + i),)) for i in range(3)]

    def ask(self, choice):
        while not self.stopping.is_set():
            try:
                self.site.predict(choice.choice(self.pictures))
                self.answered += 1
            except Exception as error:
                self.failed.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
