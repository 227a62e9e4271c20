"""The report page of a model: one file, complete, safe, and the numbers behind it."""

import html.parser
import json
import re

from conftest import leftovers

# Elements without an end tag.
VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Collects what the tests ask for; fails on tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.addresses, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.text.append(data)


def model_folder(workspace):
    return workspace.folder / "models/cats_and_dogs"


def test_the_report_is_one_complete_page_beside_the_model(workspace):
    result = workspace.ok("report", "base_model", "data/train.csv")
    path = model_folder(workspace) / "base_model.html"
    assert result.stdout == "Report written to models/cats_and_dogs/base_model.html\n"
    page = Page(path.read_text(encoding="utf-8"))
    text = " ".join(page.text)
    for part in ("base_model", "Accuracy", "Training", "Confusion matrix", "ROC curve", "Reliability", "Slices",
                 "Most confident mistakes", "Settings of the training run", "num_epochs", "libtorch"):
        assert part in text, part
    assert "script" not in page.tags and "link" not in page.tags
    assert page.addresses and all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert not leftovers(workspace.folder)


def test_the_report_is_the_same_whatever_the_number_of_threads(workspace):
    workspace.ok("report", "base_model", "data/test.csv", "--out", "a/one.html", "--threads", 1)
    workspace.ok("report", "base_model", "data/test.csv", "--out", "a/four.html", "--threads", 4)
    one, four = ((workspace.folder / "a" / name).read_bytes() for name in ("one.html", "four.html"))
    assert one == four


def test_the_numbers_of_the_report_are_those_of_validate(demo_workspace):
    (model_folder(demo_workspace) / "base_model.html").unlink(missing_ok=True)
    report = json.loads(demo_workspace.ok("report", "base_model", "data/test.csv", "--json").stdout)
    checked = json.loads(demo_workspace.ok("validate", "base_model", "data/test.csv", "--min-f1", 0, "--json").stdout)
    for key in ("accuracy", "loss", "auc", "brier", "ece", "confusion"):
        assert report["metrics"][key] == checked["metrics"][key], key
    low, high = report["accuracy_interval"]
    assert low <= report["metrics"]["accuracy"] <= high
    assert len(report["reliability"]) == 15 and sum(row["images"] for row in report["reliability"]) == report["images"]
    wrong = sum(row[1 - index] for index, row in enumerate(report["metrics"]["confusion"]))
    assert report["mistakes"] == wrong and len(report["most_confident_mistakes"]) == min(24, wrong)
    confidences = [row["confidence"] for row in report["most_confident_mistakes"]]
    assert confidences == sorted(confidences, reverse=True)
    assert not (model_folder(demo_workspace) / "base_model.html").exists()


def test_the_digest_of_the_data_is_that_of_contents_and_labels(workspace):
    digest = lambda: json.loads(workspace.ok("report", "base_model", "data/test.csv", "--json").stdout)["data_digest"]
    before = digest()
    assert re.fullmatch(r"[0-9a-f]{64}", before) and digest() == before
    frame = next((workspace.folder / "data/cats_and_dogs/annotations").glob("*.json"))
    for annotation in frame.parent.glob("*.json"):
        label = json.loads(annotation.read_text())["label"]
        annotation.write_text(json.dumps({"label": "CAT" if label == "DOG" else "DOG"}))
    assert digest() != before


def test_a_hostile_file_name_stays_text(workspace):
    frames = workspace.folder / "data/cats_and_dogs/frames"
    annotations = workspace.folder / "data/cats_and_dogs/annotations"
    name = "<img src=x onerror=alert(1)>&'"
    rows = []
    for label in ("CAT", "DOG"):
        # One of both is wrong, whatever the model says.
        (frames / f"{label}{name}.png").write_bytes((frames / "cat.0.png").read_bytes())
        (annotations / f"{label}{name}.json").write_text(json.dumps({"label": label}))
        rows.append(f"{label}{name}.png")
    (workspace.folder / "hostile.csv").write_text("\n".join(["frame_filename", *rows]) + "\n")
    workspace.ok("report", "base_model", "hostile.csv", "--out", "hostile.html")
    text = (workspace.folder / "hostile.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text and "&lt;img src=x onerror=alert(1)&gt;&amp;&#39;" in text
    assert all(address.startswith("data:") for address in Page(text).addresses)


def test_a_model_without_a_run_file_has_a_report_and_a_garbled_one_is_told(workspace):
    record = model_folder(workspace) / "base_model.json"
    record.write_text("{ garbage")
    result = workspace.ok("report", "base_model", "data/test.csv")
    assert "base_model.json is not JSON" in result.stderr
    record.unlink()
    result = workspace.ok("report", "base_model", "data/test.csv")
    assert result.stderr == ""
    text = (model_folder(workspace) / "base_model.html").read_text(encoding="utf-8")
    assert "<h2>Training" not in text and "Settings of the training run" not in text


def test_the_latest_checkpoint_has_the_run_of_its_model(workspace):
    workspace.ok("report", "base_model_latest", "data/test.csv")
    text = (model_folder(workspace) / "base_model_latest.html").read_text(encoding="utf-8")
    assert "Settings of the training run" in text


def test_bad_input_of_report_is_refused_and_nothing_is_written(workspace):
    (model_folder(workspace) / "base_model.html").unlink(missing_ok=True)
    missing = workspace.run("report", "none", "data/test.csv")
    assert missing.returncode == 3 and "base_model.pth" in missing.stderr
    no_csv = workspace.run("report", "base_model", "none.csv")
    assert no_csv.returncode == 3 and "none.csv" in no_csv.stderr
    (workspace.folder / "file").write_text("in the way")
    unwritable = workspace.run("report", "base_model", "data/test.csv", "--out", "file/report.html")
    assert unwritable.returncode != 0 and "file" in unwritable.stderr
    assert workspace.run("report", "base_model").returncode == 2
    assert not (model_folder(workspace) / "base_model.html").exists() and not leftovers(workspace.folder)


def test_training_leaves_a_page_and_tensorboard_events_unless_told_not_to(demo_workspace):
    train = ["train", "data/train.csv", "data/val.csv", "--num-epochs", 1, "--batch-size", 8]
    demo_workspace.ok(*train, "--model-filename", "with_page", "--tensorboard", "runs")
    page = (model_folder(demo_workspace) / "with_page.html").read_text()
    assert "<svg" in page and "with_page" in page
    events = list((demo_workspace.folder / "runs/with_page").glob("events.out.tfevents.*"))
    assert len(events) == 1 and b"accuracy/validation" in events[0].read_bytes()
    demo_workspace.ok(*train, "--model-filename", "without_page", "--no-html")
    assert not (model_folder(demo_workspace) / "without_page.html").exists()
