"""Archives hold what they say, refuse what was changed, and answer in TorchServe's way as the model does."""

import io
import json
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from conftest import Program, leftovers

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

MODELS = "models/cats_and_dogs"
FRAMES = "data/cats_and_dogs/frames"
TIME = {"SOURCE_DATE_EPOCH": "1764079439"}  # 2025-11-25 14:03:59 UTC


@pytest.fixture(scope="session")
def archives(demo_workspace, tmp_path_factory):
    """A workspace with an animalnet and a smallcnn that tell the demo images apart; tests must not change it."""
    folder = tmp_path_factory.mktemp("archives") / "workspace"
    shutil.copytree(demo_workspace.folder, folder, symlinks=True)
    program = Program(folder)
    program.ok("train", "data/train.csv", "data/val.csv", "--model-filename", "linear", "--num-epochs", 30, "--lr", 0.01)
    program.ok("train", "data/train.csv", "data/val.csv", "--arch", "smallcnn", "--model-filename", "small",
               "--num-epochs", 12)
    return program


def pack(program, model, export_path, *extra, **options):
    """Packs a model as "animal" 1.0 and returns what the program says of it."""
    result = program.ok("archive", "--model-name", "animal", "--version", "1.0", "--serialized-file",
                        f"{MODELS}/{model}.pth", "--export-path", export_path, "--json", *extra, **options)
    return json.loads(result.stdout)


def listed(program, path):
    return json.loads(program.ok("archive", "--list", path, "--json").stdout)


def verified(program, path, code, *extra):
    result = program.run("archive", "--verify", path, "--json", *extra)
    assert result.returncode == code, result.stdout + result.stderr
    return json.loads(result.stdout)


def scores(program, frames, model):
    lines = program.ok("infer", frames, model, "--json").stdout.splitlines()
    return {pathlib.Path(row["frame"]).name: row["score"] for row in map(json.loads, lines)}


def image_classifier(mar, folder, frames):
    """The steps of TorchServe's image_classifier 0.12, without its server: name → {label: probability}."""
    transforms = pytest.importorskip("torchvision").transforms
    from PIL import Image
    with zipfile.ZipFile(mar) as file:
        file.extractall(folder)
    manifest = json.loads((folder / "MAR-INF/MANIFEST.json").read_text())
    assert manifest["model"]["handler"] == "image_classifier"
    serialized = manifest["model"]["serializedFile"]
    assert serialized.endswith(".pt")  # how TorchServe knows TorchScript
    model = torch.jit.load(str(folder / serialized), map_location="cpu")
    model.eval()
    mapping = json.loads((folder / "index_to_name.json").read_text())
    cut = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
    normalise = transforms.Compose([transforms.ToTensor(),
                                    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])])
    squares = {path.name: cut(Image.open(path)) for path in sorted(frames.iterdir())}
    with torch.inference_mode():
        output = model(torch.stack([normalise(square) for square in squares.values()]))
        # Five, whatever the number of classes: that is what TorchServe does.
        probabilities, classes = torch.topk(torch.nn.functional.softmax(output, dim=1), 5, dim=1)
    answers = [{mapping[str(number)]: probability for number, probability in zip(*row)}
               for row in zip(classes.tolist(), probabilities.tolist())]
    return dict(zip(squares, answers)), squares


@pytest.mark.parametrize("model", ["linear", "small"])
def test_torchserves_image_classifier_gives_the_models_answers(archives, model, tmp_path):
    said = pack(archives, model, tmp_path)
    assert said["largest_difference"] == 0 and said["largest_stock_difference"] < 0.05
    answers, squares = image_classifier(tmp_path / "animal.mar", tmp_path / "unpacked", archives.folder / FRAMES)
    # The handler sees the centre of an image only: given that, the model itself says the same.
    (tmp_path / "squares").mkdir()
    for name, square in squares.items():
        square.save(tmp_path / "squares" / f"{name}.png")
    of_squares = scores(archives, tmp_path / "squares", model)
    of_frames = scores(archives, FRAMES, model)
    agreeing = 0
    for name, answer in answers.items():
        assert set(answer) == {"cat", "dog", "none"} and answer["none"] == 0
        assert answer["cat"] + answer["dog"] == pytest.approx(1, abs=1e-5)
        assert answer["dog"] == pytest.approx(of_squares[f"{name}.png"], abs=0.02)
        agreeing += (answer["dog"] >= 0.5) == (of_frames[name] >= 0.5)
    assert agreeing >= 0.85 * len(answers)


@pytest.mark.parametrize("model", ["linear", "small"])
def test_the_archived_model_answers_bit_for_bit_as_the_checkpoint(archives, model, tmp_path):
    pack(archives, model, tmp_path, "--archive-format", "no-archive")
    archived = f"torchscript:{tmp_path}/animal/{model}.pt"
    assert scores(archives, FRAMES, archived) == scores(archives, FRAMES, model)


def test_the_manifest_is_as_torch_model_archiver_writes_it(archives, tmp_path):
    pack(archives, "linear", tmp_path, environment=TIME)
    with zipfile.ZipFile(tmp_path / "animal.mar") as file:
        assert file.testzip() is None
        text = file.read("MAR-INF/MANIFEST.json").decode()
        metadata = json.loads(file.read("MAR-INF/animalctl.json"))
        assert json.loads(file.read("index_to_name.json"))["1"] == "dog"
    expected = {"createdOn": "25/11/2025 14:03:59", "runtime": "python",
                "model": {"modelName": "animal", "serializedFile": "linear.pt", "handler": "image_classifier",
                          "modelVersion": "1.0"},
                "archiverVersion": "0.12.0"}
    assert text == json.dumps(expected, indent=2)
    assert metadata["classes"] == ["CAT", "DOG"] and metadata["threshold"] == 0.5
    assert metadata["preprocessing"]["width"] == 16
    run = json.loads((archives.folder / MODELS / "linear.json").read_text())
    assert metadata["lineage"]["data_digest"] == run["data"]["digest"]
    assert metadata["lineage"]["settings"]["num_epochs"] == 30
    best = run["epochs"][run["best_epoch"]]
    assert metadata["metrics"]["val_accuracy"] == best["val_accuracy"] == run["best_val_accuracy"]
    assert set(metadata["members"]) == {"MAR-INF/MANIFEST.json", "index_to_name.json", "linear.pt"}


@pytest.mark.parametrize("archive_format, name", [("default", "animal.mar"), ("zip-store", "animal.mar"),
                                                  ("tgz", "animal.tar.gz"), ("no-archive", "animal")])
def test_every_format_is_written_read_and_the_same_again(archives, archive_format, name, tmp_path):
    said = pack(archives, "linear", tmp_path / "a", "--archive-format", archive_format, environment=TIME)
    path = tmp_path / "a" / name
    assert said["path"] == str(path) and path.exists()
    again = pack(archives, "linear", tmp_path / "b", "--archive-format", archive_format,
                 environment={**TIME, "TZ": "Asia/Tokyo"})
    assert again["sha256"] == said["sha256"]
    assert {"linear.pt", "index_to_name.json", "MAR-INF/MANIFEST.json"} < {
        member["name"] for member in listed(archives, path)["members"]}
    assert verified(archives, path, 0)["digests_recorded"]
    assert leftovers(tmp_path) == []
    if archive_format == "tgz":
        # TorchServe takes away the first folder of each name.
        with tarfile.open(path) as file:
            assert all(member.name.startswith("animal/") and member.isfile() for member in file)
    if archive_format == "zip-store":
        with zipfile.ZipFile(path) as file:
            # Sizes in front: Java's reader refuses stored members with sizes behind them.
            assert all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 8 for info in file.infolist())
            assert file.testzip() is None


def rewritten(source, target, changes):
    """A copy of a .mar with members changed, or, with None, taken out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = changes.get(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])


def test_a_changed_archive_is_found_out(archives, tmp_path):
    pack(archives, "linear", tmp_path)
    source, target = tmp_path / "animal.mar", tmp_path / "changed.mar"
    for changes, reason in [({"linear.pt": b"x"}, "it was changed"), ({"linear.pt": None}, "is missing"),
                            ({"more.py": b"x"}, "it was added later"), ({"MAR-INF/MANIFEST.json": None}, "MANIFEST"),
                            ({"../evil": b"x"}, "refused")]:
        rewritten(source, target, changes)
        answer = verified(archives, target, 4)
        assert not answer["ok"] and reason in answer["error"]
        refused = archives.run("archive", "--list", target)
        assert refused.returncode == 3 and reason in refused.stderr
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    assert not verified(archives, target, 4)["ok"]
    assert not (tmp_path.parent / "evil").exists() and not (tmp_path / "evil").exists()
    missing = archives.run("archive", "--verify", tmp_path / "none.mar")
    assert missing.returncode == 3 and "there is no model archive" in missing.stderr


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_keys(folder, name):
    openssl("genpkey", "-algorithm", "ed25519", "-out", folder / f"{name}.pem")
    openssl("pkey", "-in", folder / f"{name}.pem", "-pubout", "-out", folder / f"{name}.pub")


def test_a_signature_is_that_of_one_key_and_of_every_member(archives, tmp_path):
    for name in ("ours", "theirs"):
        make_keys(tmp_path, name)
    said = pack(archives, "linear", tmp_path, "--sign", tmp_path / "ours.pem")
    mar = tmp_path / "animal.mar"
    assert said["signed"] and listed(archives, mar)["signed"]
    assert verified(archives, mar, 0, "--verify-key", tmp_path / "ours.pub")["signature_verified"]
    assert "not that of" in verified(archives, mar, 4, "--verify-key", tmp_path / "theirs.pub")["error"]
    # OpenSSL itself says the same of the two members.
    with zipfile.ZipFile(mar) as file:
        file.extractall(tmp_path / "x")
    openssl("pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "ours.pub", "-rawin", "-in",
            tmp_path / "x/MAR-INF/animalctl.json", "-sigfile", tmp_path / "x/MAR-INF/animalctl.sig")
    metadata = json.loads((tmp_path / "x/MAR-INF/animalctl.json").read_text())
    metadata["threshold"] = 0.9
    changed = tmp_path / "changed.mar"
    for changes in ({"MAR-INF/animalctl.json": json.dumps(metadata)}, {"linear.pt": b"x"},
                    {"MAR-INF/animalctl.sig": b"x" * 64}, {"MAR-INF/animalctl.sig": None}):
        rewritten(mar, changed, changes)
        assert not verified(archives, changed, 4, "--verify-key", tmp_path / "ours.pub")["ok"]
    wrong = archives.run("archive", "--verify", mar, "--verify-key", mar)
    assert wrong.returncode in (3, 5) and str(mar) in wrong.stderr
    refused = archives.run("archive", "--model-name", "b", "--version", "1", "--serialized-file", "linear",
                           "--export-path", tmp_path, "--sign", tmp_path / "ours.pub")
    assert refused.returncode == 3 and "openssl genpkey" in refused.stderr and not (tmp_path / "b.mar").exists()


def test_what_is_there_is_replaced_only_when_asked(archives, tmp_path):
    first = pack(archives, "linear", tmp_path)
    call = ["archive", "--model-name", "animal", "-v", "2.0", "--serialized-file", "small", "--export-path", tmp_path]
    refused = archives.run(*call)
    assert refused.returncode == 3 and "--force" in refused.stderr
    assert listed(archives, tmp_path / "animal.mar")["sha256"] == first["sha256"]
    assert "animal 2.0" in archives.ok(*call, "-f").stdout
    assert listed(archives, tmp_path / "animal.mar")["version"] == "2.0"
    folder_call = [*call, "--archive-format", "no-archive"]
    archives.ok(*folder_call)
    (tmp_path / "animal" / "stray.txt").write_text("x")
    archives.ok(*folder_call, "--force")
    assert verified(archives, tmp_path / "animal", 0)["ok"]
    (tmp_path / "animal" / "MAR-INF" / "MANIFEST.json").unlink()
    refused = archives.run(*folder_call, "--force")
    assert refused.returncode == 3 and "move it away" in refused.stderr
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("flags, code, reason", [
    (["--version", "1.0", "--serialized-file", "linear"], 2, "--model-name"),
    (["--model-name", "../x", "--version", "1.0", "--serialized-file", "linear"], 2, "model name"),
    (["--model-name", "a", "--version", "1/0", "--serialized-file", "linear"], 2, "model version"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "none"], 3, "there is no model"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "data/train.csv"], 3, "data/train.csv"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "linear", "--extra-files", "none"], 3, "none"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "linear", "--extra-files",
      "data/val.csv,data/val.csv"], 2, "there twice"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "linear", "--archive-format", "rar"], 2, "rar"),
    (["--model-name", "a", "--version", "1.0", "--serialized-file", "linear", "--threshold", "2"], 2, "threshold"),
])
def test_wrong_calls_are_refused_and_leave_nothing(archives, flags, code, reason, tmp_path):
    result = archives.run("archive", *flags, "--export-path", tmp_path / "out")
    assert result.returncode == code, result.stderr
    assert reason in result.stderr
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_a_time_that_is_none_is_refused(archives, tmp_path):
    result = archives.run("archive", "--model-name", "a", "--version", "1", "--serialized-file", "linear",
                          "--export-path", tmp_path, environment={"SOURCE_DATE_EPOCH": "soon"})
    assert result.returncode == 2 and "SOURCE_DATE_EPOCH" in result.stderr


def test_extra_files_and_a_handler_of_ones_own_are_packed_as_they_are(archives, tmp_path):
    extra = tmp_path / "extra"
    (extra / "sub").mkdir(parents=True)
    (extra / "__pycache__").mkdir()
    (extra / "__pycache__/x.pyc").write_text("x")
    (extra / "sub/notes.txt").write_text("кот")
    (tmp_path / "my_handler.py").write_text("class Handler: pass\n")
    (tmp_path / "config.yaml").write_text("minWorkers: 1\n")
    result = archives.ok("archive", "--model-name", "animal", "--version", "1.0", "--serialized-file", "linear",
                         "--handler", tmp_path / "my_handler.py:handle", "--config-file", tmp_path / "config.yaml",
                         "--extra-files", f"{extra}, {archives.folder}/data/val.csv", "--export-path", tmp_path)
    assert "runs no Python" in result.stderr
    with zipfile.ZipFile(tmp_path / "animal.mar") as file:
        assert set(file.namelist()) == {"MAR-INF/MANIFEST.json", "linear.pth", "my_handler.py", "config.yaml",
                                        "sub/notes.txt", "val.csv"}
        manifest = json.loads(file.read("MAR-INF/MANIFEST.json"))
        assert manifest["model"]["configFile"] == "config.yaml"
        assert file.read("linear.pth") == (archives.folder / MODELS / "linear.pth").read_bytes()
    assert verified(archives, tmp_path / "animal.mar", 0)["digests_recorded"] is False


def save_script(module, path):
    torch.jit.script(module.eval()).save(str(path))


class Mean(torch.nn.Module):
    """Three classes by which colour is strongest; raw scores."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean([2, 3]) * 3


def test_torchscript_of_others_is_archived_with_flags_that_describe_it(archives, tmp_path):
    save_script(Mean(), tmp_path / "mean.pt")
    flags = ["--ts-size", "20x30", "--ts-mean", "0,0,0", "--ts-std", "1,1,1", "--ts-output", "logits", "--classes",
             "red,green,blue"]
    archives.ok("archive", "--model-name", "colour", "--version", "3", "--serialized-file", tmp_path / "mean.pt",
                "--export-path", tmp_path, *flags)
    answers, _ = image_classifier(tmp_path / "colour.mar", tmp_path / "unpacked", archives.folder / FRAMES)
    assert all(set(answer) == {"red", "green", "blue", "none"} for answer in answers.values())
    archived = f"torchscript:{tmp_path}/unpacked/mean.pt"
    first = archives.ok("infer", FRAMES, archived, "--json").stdout
    assert first == archives.ok("infer", FRAMES, f"torchscript:{tmp_path}/mean.pt", "--json", *flags).stdout
    # And what was archived once can be archived again.
    archives.ok("archive", "--model-name", "again", "--version", "3", "--serialized-file", tmp_path / "unpacked/mean.pt",
                "--export-path", tmp_path)
    assert listed(archives, tmp_path / "again.mar")["labels"] == ["red", "green", "blue"]


def test_torchscript_of_others_without_a_word_is_packed_as_image_classifier_takes_it(archives, tmp_path):
    save_script(Mean(), tmp_path / "mean.pt")
    labels = tmp_path / "index_to_name.json"
    call = ["archive", "--model-name", "colour", "--version", "3", "--serialized-file", tmp_path / "mean.pt",
            "--extra-files", labels, "--export-path", tmp_path]
    labels.write_text('{"0": "red", "1": ["x", "green"], "2": "blue"}')
    archives.ok(*call)
    assert listed(archives, tmp_path / "colour.mar")["labels"] == ["red", "green", "blue"]
    labels.write_text('{"0": "red", "1": "green", "2": "blue", "3": "grey"}')
    refused = archives.run(*call, "--force")
    assert refused.returncode == 3 and "4 classes" in refused.stderr
    contradicting = archives.run("archive", "--model-name", "animal", "--version", "1", "--serialized-file", "linear",
                                 "--extra-files", labels, "--export-path", tmp_path)
    assert contradicting.returncode == 2 and "names other classes" in contradicting.stderr


def test_archives_of_others_are_listed(archives, tmp_path):
    manifest = {"createdOn": "01/02/2024 03:04:05", "runtime": "python", "archiverVersion": "0.9.0",
                "model": {"modelName": "theirs", "serializedFile": "a.pth", "handler": "h.py", "modelVersion": "7"}}
    with tarfile.open(tmp_path / "theirs.tgz", "w:gz") as file:
        for name, content in {"MAR-INF/MANIFEST.json": json.dumps(manifest), "a.pth": "x", "h.py": "x"}.items():
            info = tarfile.TarInfo(f"theirs/{name}")
            info.size = len(content)
            file.addfile(info, io.BytesIO(content.encode()))
    said = listed(archives, tmp_path / "theirs.tgz")
    assert said["model"] == "theirs" and said["handler"] == "h.py" and said["metadata"] is None
    text = archives.ok("archive", "--list", tmp_path / "theirs.tgz").stdout
    assert "theirs 7" in text and "a.pth" in text
    assert "no digests" in archives.ok("archive", "--verify", tmp_path / "theirs.tgz").stdout
