"""The console in Chromium: runs, models, drift and canary over `animalctl label-server`."""

import os
import pathlib

import pytest
from conftest import BIN_DIR
from console_site import Workspace, fill, register, serve_console

PAGES = pathlib.Path(os.environ.get("ANIMALCTL_PAGES_DIR", BIN_DIR.parent / "web" / "pages"))


@pytest.fixture(autouse=True)
def built():
    if not (PAGES / "console" / "index.html").is_file():
        pytest.skip("the console is not built: build with ANIMALCTL_WITH_WEB=ON")


def test_the_console_shows_a_workspace_and_a_person_can_act(in_browser, tmp_path):
    """Also: the log grows as it is written, every view in both schemes and on a phone, keyboard alone."""
    workspace = Workspace(tmp_path / "site")
    workspace.folder.mkdir()
    fill(workspace)
    register(workspace, 3)
    # Promoting wrote it for one version alone.
    workspace.write("config/config.json", {"traffic": 0.1, "current_version": 3, "previous_version": 1})
    with serve_console(workspace.folder) as server:
        report = in_browser("console_page.mjs", server.ready["page"], str(workspace.folder))
        champion = server.json("GET", "/api/v1/models")["models"][0]["aliases"]["champion"]
    assert report["complaints"] == []
    assert {view: faults for view, faults in report["faults"].items() if faults} == {}
    assert len(report["faults"]) == 29
    assert report["wide"] == {}
    assert report["live"] == 3
    assert report["pruned"] == "4– prunedits files are gone"
    assert report["promoted"] == "promoted version 2 (before: 1) — sees more dogsanna"
    assert "it sees no cats" in report["stopped"]
    assert champion == 1


def test_an_empty_workspace_says_what_to_do(in_browser, tmp_path):
    (tmp_path / "site").mkdir()
    with serve_console(tmp_path / "site") as server:
        report = in_browser("console_empty.mjs", server.ready["page"])
    assert report["complaints"] == []
    assert {view: faults for view, faults in report["faults"].items() if faults} == {}
    assert report["titles"] == {"runs": "Runs · Console", "models": "Models · Console", "drift": "Drift · Console", "canary": "Canary · Console"}
