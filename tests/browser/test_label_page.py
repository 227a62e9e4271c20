"""The labelling page in Chromium: `animalctl label-server` over a folder of drawn images, with a model beside it."""

import os
import pathlib
import subprocess

import pytest

from conftest import BIN_DIR, LIMIT_SECONDS

PAGES = pathlib.Path(os.environ.get("ANIMALCTL_PAGES_DIR", BIN_DIR.parent / "web" / "pages"))


@pytest.fixture(scope="session")
def label_program():
    """The program with the page in it."""
    if not (PAGES / "label" / "index.html").is_file():
        pytest.skip("the labelling page is not built: build with ANIMALCTL_WITH_WEB=ON")
    return str(BIN_DIR / "animalctl")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A folder of 120 drawn images, cat.0.png to dog.59.png."""
    folder = tmp_path_factory.mktemp("drawn")
    subprocess.run([str(BIN_DIR / "animalctl"), "demo-data", str(folder), "--count", "120", "--seed", "1"],
                   check=True, capture_output=True, timeout=LIMIT_SECONDS)
    return str(folder / "frames")


def test_a_key_labels_saves_and_goes_on(in_browser, label_program, drawn):
    """Also: undo after a reload, key repeat and modifiers, images not yet painted, late and withheld suggestions, the
    seed's way of selecting, keys of one's own."""
    report = in_browser("label_page.mjs", label_program, drawn)
    assert report["labels"] == {"cat.0": "CAT", "cat.1": "DOG", "cat.2": "CAT", "dog.2": "DOG"}
    assert report["left"] == 0


def test_nothing_is_lost_over_restarts_closed_tabs_and_conflicts(in_browser, label_program, drawn):
    report = in_browser("label_outbox.mjs", label_program, drawn)
    assert report["versions"] == ["DOG", "CAT"]
    assert report["faultsConflict"] == report["faultsLogin"] == report["faultsName"] == []


def test_grid_review_progress_import_and_names_like_code(in_browser, label_program, drawn):
    report = in_browser("label_lists.mjs", label_program, drawn)
    assert report["history"] == 1
    assert report["progress"] == ["4", "0", "16", "0"]
    assert report["imported"] == {"new 1.png": "imported", "again.png": "duplicate", "new#2.png": "imported",
                                  "page.svg": "refused", "fake.png": "refused"}
    assert report["odd"] == 6


def test_every_view_in_both_schemes_on_a_phone_and_in_every_language(in_browser, label_program, drawn):
    report = in_browser("label_looks.mjs", label_program, drawn)
    assert {what: faults for what, faults in report["faults"].items() if faults} == {}
    assert len(report["faults"]) == 19
    assert report["wide"] == {}
    assert report["languages"] == ["es", "fr", "de", "zh", "en"]


def test_the_replaced_labellers_page_on_another_origin_works_and_a_strangers_does_not(in_browser):
    found = in_browser("seed_calls.mjs", str(BIN_DIR / "animalctl"))
    success = [200, '{"status":"success"}']
    assert found["first"] == ["a.png", "b.png", "c.png", "d.png"] and found["width"] == 1
    assert found["manual"] == found["kept"] == found["reject"] == success
    assert found["last"] == ["d.png"]
    assert found["annotations"] == [{"label": "DOG", "source": "manual", "score": None, "version": None},
                                    {"label": "CAT", "source": "auto", "score": 0.03, "version": 2}]
    assert found["stranger"] == [True, True, True]
