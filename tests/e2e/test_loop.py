"""The loop on real photographs, nothing mocked: from an empty workspace to a model that replaced itself, one that was refused and one that was taken back."""

import json
import os
import shutil

import pytest
from conftest import SHARED
from loop_site import DATA, Customers, Site, of_folder, photographs, query_frames, through_another_camera

WEIGHTS = SHARED / "weights/mobilenet_v2.pth"

SETTINGS = f"""
[train]
arch = "mobilenet_v2"
weights = "{WEIGHTS}"
num-epochs = 12
image-size = {{size}}
[serve]
review-images = "data/cats_and_dogs/frames"
store-images = "all"
review-per-day = 100000
[orchestrate]
interval = "2s"
cooldown = "0"
settle = "3s"
first-labels = 300
first-labels-per-class = 100
min-accuracy = 0.75
inconclusive = "promote"
max-calibration-error = 0.3
canary-steps = "shadow,0.1,0.5"
canary-min-requests = 40
canary-min-time = "2s"
canary-max-time = "5m"
no-drift = {{no_drift}}
"""


def settings(size=128, no_drift="false"):
    return SETTINGS.format(size=size, no_drift=no_drift)


def gates_of(site, run):
    return {gate["name"]: gate for gate in site.request(site.page, "GET", f"/api/v1/runs/{run}")[1]["gates"]}


def told(site, run):
    """A run's decisions for the test's own report."""
    decisions = site.request(site.page, "GET", f"/api/v1/runs/{run['id']}")[1]["decisions"]
    for decision in reversed(decisions):
        print(f"{run['id']} {decision['kind']:9} {decision['verdict']:12} {decision['reason']}")
    print(f"{run['id']} → {run['state']}: {run['reason']}")


def test_the_loop(program):
    if "ANIMALCTL_LOOP" not in os.environ:
        pytest.skip("takes eight minutes; ANIMALCTL_LOOP=1 runs it")
    if not DATA.exists() or not WEIGHTS.exists():
        pytest.skip(f"needs the photographs and weights in {SHARED}")
    with Site(program, settings()) as site:
        # People label; the first model is trained, checked and put into service.
        people = photographs(0, 150)
        names = site.import_pictures(people, "camera")
        site.label({name: picture.label for name, picture in zip(names, people)})
        first = site.finished(1)
        told(site, first)
        assert first["state"] == "promoted" and site.aliases()["champion"] == 1
        site.predictions = site.prediction_url()

        # Customers ask; nothing has changed, so nothing happens.
        queries = photographs(1000, 2000)
        right = site.ask_all(queries)
        print(f"2,000 queries: {right} right")
        assert right > 1800
        explained = json.loads(site.animalctl("orchestrate", "--explain", "--json").stdout)
        assert {row["trigger"]: row["verdict"] for row in explained["triggers"]}["drift"] != "fired", explained
        assert len(site.runs()) == 1

        # The camera changes. It is noticed within 200 queries and explained.
        changed = [through_another_camera(picture) for picture in photographs(2000, 2110)] + of_folder("breeds", 40) + of_folder("cifar", 40)
        before = site.ask_all(changed[:200])
        explained = json.loads(site.animalctl("orchestrate", "--explain", "--json").stdout)
        drift = {row["trigger"]: row for row in explained["triggers"]}["drift"]
        print("drift after 200 queries:", drift)
        assert drift["verdict"] == "fired", explained
        report = json.loads(site.animalctl("drift", "report", "--json").stdout)
        assert report["verdict"] == "drifted" and report["images"]
        site.ask_all(changed[200:])

        # What `serve` put aside is labelled, a better model is trained, and customers' answers decide that it may serve.
        drifted = changed + [through_another_camera(picture) for picture in photographs(2110, 2260)]
        site.ask_all(drifted[len(changed):])
        frames = site.folder / "data/cats_and_dogs/frames"
        put_aside = query_frames(frames)
        found = {put_aside[picture.digest[:32]]: picture.label for picture in drifted if picture.digest[:32] in put_aside}
        assert len(found) > 0.9 * len(drifted)
        site.label(found)
        with Customers(site, drifted) as customers:
            second = site.finished(2)
        told(site, second)
        print(f"of {customers.answered} queries during the canary {len(customers.failed)} failed")
        assert second["state"] == "promoted" and site.aliases()["champion"] == 2
        assert not customers.failed
        after = site.ask_all(changed[:200])
        print(f"of 200 queries of the changed camera {before} were right before, {after} are now")
        assert after > before

        # A quarter of the labels is turned round: the model of such data is refused, with the reason.
        turned = {name: {"CAT": "DOG", "DOG": "CAT"}[label] for number, (name, label) in enumerate(found.items()) if number % 2 == 0}
        site.label(turned)
        third = site.finished(3)
        told(site, third)
        assert third["state"] == "refused" and site.aliases()["champion"] == 2
        assert any(gate["verdict"] == "fail" for gate in gates_of(site, third["id"]).values())

        # Put right again, with more images and a far heavier network: it is as good, but too slow in service.
        site.settings(settings(size=320))
        site.label({name: found[name] for name in turned})
        more = photographs(3000, 3015)
        site.label(dict(zip(site.import_pictures(more, "more"), (picture.label for picture in more))))
        with Customers(site, drifted) as customers:
            fourth = site.finished(4)
        told(site, fourth)
        print(f"of {customers.answered} queries during the canary {len(customers.failed)} failed")
        assert fourth["state"] == "refused" and site.aliases()["champion"] == 2
        assert "latency" in fourth["reason"] or "slow" in fourth["reason"]
        assert not customers.failed
        config = json.loads((site.folder / "config/config.json").read_text(encoding="utf-8"))
        assert config["current_version"] == 2 or config["traffic"] == 0
        history = site.animalctl("models", "history", "--verify")
        print(history.stdout)
        assert history.returncode == 0, history.stderr
        keep = os.environ.get("ANIMALCTL_KEEP_SITE")
        if keep:
            shutil.copytree(site.folder, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("frames", "cache"))
        assert site.up.stop() == 0
