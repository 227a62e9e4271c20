"""Exports open in other people's programs and give the same scores there; TorchScript files are models themselves."""

import json
import pathlib
import shutil
import struct

import cv2
import numpy
import pytest

from conftest import SHARED, Program, leftovers

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

IMAGE_SIDES = {"animalnet": 16, "smallcnn": 80, "mobilenet_v2": 96}
IMAGENET = ["--ts-mean", "0.485,0.456,0.406", "--ts-std", "0.229,0.224,0.225", "--ts-fit", "centre:0.875"]
QUANTISED = SHARED / "weights" / "mobilenet_quantized.pt"


def train(program, architecture):
    """A model with random weights: a step of training changes nothing about that."""
    extra = [] if architecture == "animalnet" else ["--arch", architecture, "--image-size", IMAGE_SIDES[architecture]]
    if architecture == "mobilenet_v2":
        extra += ["--freeze", "none"]
    program.ok("train", "data/small.csv", "data/small.csv", "--model-filename", architecture, "--num-epochs", 1,
               "--batch-size", 4, "--seed", 3, *extra)


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """A workspace with one model of each kind; tests must not change it."""
    program = Program(tmp_path_factory.mktemp("exports"))
    program.ok("demo-data", "data/cats_and_dogs", "--count", 16, "--seed", 1)
    names = sorted(path.name for path in (program.folder / "data/cats_and_dogs/frames").iterdir())
    (program.folder / "data/small.csv").write_text("frame_filename\n" + "".join(f"{name}\n" for name in names))
    for architecture in IMAGE_SIDES:
        train(program, architecture)
    return program


def export(program, model, kind, out, *extra):
    answer = json.loads(program.ok("export", model, "--format", kind, "--out", out, "--json", *extra).stdout)
    assert pathlib.Path(answer["out"]) == pathlib.Path(out) and answer["format"] == kind
    assert answer["bytes"] == pathlib.Path(out).stat().st_size
    return answer


def state_of(program, model):
    return torch.load(program.folder / "models/cats_and_dogs" / f"{model}.pth")["model_state_dict"]


def scores(program, model, *extra):
    """P(dog) of every frame, as infer gives it."""
    lines = program.ok("infer", "data/cats_and_dogs/frames", model, "--json", *extra).stdout.splitlines()
    return {pathlib.Path(row["frame"]).name: row["score"] for row in map(json.loads, lines)}


def fitted(path, description):
    """An image as the description wants it, by OpenCV and numpy: [3|1, H, W]."""
    image = cv2.imread(str(path))
    wanted = description["preprocessing"]
    if wanted["resize"] == "centre-area":
        side = round(min(image.shape[:2]) * wanted["centre_share"])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        image = image[top:top + side, left:left + side]
    image = cv2.resize(image, (wanted["width"], wanted["height"]), interpolation=cv2.INTER_AREA)
    if wanted["channels"] == 1:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[:, :, None]
    else:
        image = image[:, :, ::-1]
    unit = image.astype(numpy.float32) / numpy.float32(255)
    normal = (unit - numpy.float32(wanted["mean"])) / numpy.float32(wanted["std"])
    return numpy.ascontiguousarray(normal.transpose(2, 0, 1))


def batch_of(program, description):
    frames = sorted((program.folder / "data/cats_and_dogs/frames").iterdir())[:5]
    return [path.name for path in frames], numpy.stack([fitted(path, description) for path in frames])


@pytest.mark.parametrize("model", IMAGE_SIDES)
def test_torchscript_gives_the_same_scores_in_python_for_any_number_of_images(exports, model, tmp_path):
    out = tmp_path / "m.torchscript.pt"
    assert export(exports, model, "torchscript", out)["largest_difference"] <= 1e-5
    extra = {"animalctl.json": ""}
    module = torch.jit.load(str(out), _extra_files=extra)
    description = json.loads(extra["animalctl.json"])
    assert description["architecture"] == model and description["classes"] == ["CAT", "DOG"]
    assert description["output"] == "probabilities" and description["version"]
    names, batch = batch_of(exports, description)
    expected = scores(exports, model)
    with torch.no_grad():
        together = module(torch.from_numpy(batch))
        assert together.shape == (5, 1)
        for row, name in enumerate(names):
            assert abs(together[row].item() - expected[name]) < 1e-5
            assert abs(module(torch.from_numpy(batch[row:row + 1])).item() - expected[name]) < 1e-5
    assert set(module.state_dict()) == set(state_of(exports, model))


@pytest.mark.parametrize("opset", [10, 13])
@pytest.mark.parametrize("model", IMAGE_SIDES)
def test_onnx_gives_the_same_scores_in_opencv_and_passes_the_reference_checker(exports, model, opset, tmp_path):
    out = tmp_path / "m.onnx"
    assert export(exports, model, "onnx", out, "--opset", opset)["largest_difference"] <= 1e-3
    onnx = pytest.importorskip("onnx")
    onnx.checker.check_model(str(out), full_check=True)
    read = onnx.load(str(out))
    assert read.opset_import[0].version == opset
    assert read.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    metadata = {entry.key: entry.value for entry in read.metadata_props}
    assert metadata["classes"] == "CAT,DOG"
    names, batch = batch_of(exports, json.loads(metadata["animalctl"]))
    expected = scores(exports, model)
    network = cv2.dnn.readNetFromONNX(str(out))
    for count in (1, 5):
        network.setInput(batch[:count])
        for name, score in zip(names, network.forward().reshape(-1)):
            assert abs(score - expected[name]) < 1e-3


def read_safetensors(path):
    """The format by its description: 8 bytes of length, JSON, data."""
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    kinds = {"F32": numpy.float32, "I64": numpy.int64}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            assert begin % numpy.dtype(kinds[entry["dtype"]]).itemsize == 0
            tensors[name] = numpy.frombuffer(raw[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return tensors, header["__metadata__"]


@pytest.mark.parametrize("model", IMAGE_SIDES)
def test_safetensors_hold_the_tensors_of_the_checkpoint_bit_by_bit(exports, model, tmp_path):
    out = tmp_path / "m.safetensors"
    assert export(exports, model, "safetensors", out)["largest_difference"] == 0
    tensors, metadata = read_safetensors(out)
    state = state_of(exports, model)
    assert set(tensors) == set(state)
    for name, tensor in state.items():
        assert tensors[name].tobytes() == tensor.numpy().tobytes() and list(tensors[name].shape) == list(tensor.shape)
    assert metadata["format"] == "pt" and json.loads(metadata["animalctl"])["architecture"] == model


@pytest.mark.parametrize("model", IMAGE_SIDES)
def test_a_state_dict_loads_in_python_as_the_checkpoints_tensors(exports, model, tmp_path):
    out = tmp_path / "m.state_dict.pth"
    export(exports, model, "state-dict", out)
    loaded = torch.load(out, weights_only=True)
    state = state_of(exports, model)
    assert list(loaded) == list(state)
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_an_export_stands_beside_its_model_and_says_what_it_is(exports, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(exports.folder / "models/cats_and_dogs/animalnet.pth", models / "m.pth")
    endings = {"torchscript": ".torchscript.pt", "onnx": ".onnx", "safetensors": ".safetensors",
               "state-dict": ".state_dict.pth"}
    for kind, ending in endings.items():
        result = exports.ok("export", "m", "--format", kind, "--model-dir", models)
        assert result.stdout.startswith(f"Wrote {models / 'm'}{ending} ({kind}, ")
        assert "largest difference" in result.stdout
    assert sorted(path.name for path in models.iterdir()) == sorted(["m.pth"] + ["m" + e for e in endings.values()])
    assert not leftovers(models)


def test_exports_that_cannot_be_are_refused_and_leave_nothing(exports, tmp_path):
    for arguments, code, reason in [
        (["animalnet", "--format", "onnx", "--opset", 9], 2, "10 to 17"),
        (["animalnet", "--format", "gguf"], 2, "torchscript"),
        (["nothing", "--format", "onnx"], 3, "there is no model"),
        (["torchscript:x.pt", "--format", "onnx"], 2, "TorchScript already"),
        (["animalnet", "--format", "onnx", "--out", "data"], 2, "cannot write data"),
        (["animalnet", "--format", "state-dict", "--out", "models/cats_and_dogs/animalnet.pth"], 2, "model itself"),
    ]:
        result = exports.run("export", *arguments)
        assert result.returncode == code, (arguments, result.stderr)
        assert reason in result.stderr
    broken = torch.load(exports.folder / "models/cats_and_dogs/animalnet.pth")
    broken["model_state_dict"]["fc1.bias"][0] = float("nan")
    torch.save(broken, tmp_path / "broken.pth")
    for kind in ("torchscript", "onnx"):
        result = exports.run("export", tmp_path / "broken.pth", "--format", kind)
        assert result.returncode == 3 and "not finite" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["broken.pth"]


@pytest.mark.parametrize("model", IMAGE_SIDES)
def test_an_exported_torchscript_file_is_a_model_and_needs_no_flags(exports, model, tmp_path):
    out = tmp_path / "m.torchscript.pt"
    export(exports, model, "torchscript", out)
    expected = scores(exports, model)
    found = scores(exports, f"torchscript:{out}")
    assert found.keys() == expected.keys()
    assert all(abs(found[name] - expected[name]) < 1e-5 for name in expected)
    again = scores(exports, "torchscript:m", "--model-dir", tmp_path)
    assert again == found


def test_a_torchscript_file_is_evaluated_validated_and_reported_like_its_checkpoint(exports, tmp_path):
    out = tmp_path / "m.torchscript.pt"
    export(exports, "smallcnn", "torchscript", out)
    result = exports.run("evaluate", "smallcnn", f"torchscript:{out}", "data/small.csv", "--json")
    answer = json.loads(result.stdout)
    assert answer["verdict"] == "equal" and abs(answer["base"]["loss"] - answer["test"]["loss"]) < 1e-5
    exports.ok("validate", f"torchscript:{out}", "data/small.csv", "--max-loss-validation", 100)
    exports.ok("report", f"torchscript:{out}", "data/small.csv", "--out", tmp_path / "m.html")
    assert (tmp_path / "m.html").stat().st_size > 1000


class Constant(torch.nn.Module):
    """Gives the same row for every image."""

    def __init__(self, row):
        super().__init__()
        self.register_buffer("row", torch.tensor(row))

    def forward(self, x):
        return self.row.expand(x.size(0), -1)


class Faulty(torch.nn.Module):
    def forward(self, x):
        raise RuntimeError("this model is shy")


class Pair(torch.nn.Module):
    def forward(self, x):
        return x, x


def save(module, path):
    torch.jit.save(torch.jit.script(module), str(path))
    return f"torchscript:{path}"


FLAGS = ["--ts-size", "8x4", *IMAGENET, "--classes", "cat,dog"]


@pytest.mark.parametrize("row, kind, score", [
    ([0.25], "probabilities", 0.25),
    ([0.75, 0.25], "probabilities", 0.25),
    ([1.0], "probabilities", 1.0),
    ([0.0], "probabilities", 0.0),
    ([0.0], "logits", 0.5),
    ([2.0, 2.0], "logits", 0.5),
    ([0.0, 3.0], "logits", 0.9525741),
])
def test_one_or_two_columns_are_understood(exports, row, kind, score, tmp_path):
    model = save(Constant(row), tmp_path / "m.pt")
    found = scores(exports, model, *FLAGS, "--ts-output", kind)
    assert all(abs(value - score) < 1e-6 for value in found.values())


@pytest.mark.parametrize("module, extra, code, reason", [
    (Faulty(), ["--ts-output", "logits"], 3, "this model is shy"),
    (Pair(), ["--ts-output", "logits"], 3, "gives a Tuple"),
    (Constant([0.0, 0.0, 0.0]), ["--ts-output", "logits"], 3, "[1, 1 or 2]"),
    (torch.nn.Identity(), ["--ts-output", "logits"], 3, "of shape [1, 3, 4, 8]"),
    (Constant([float("nan")]), ["--ts-output", "logits"], 3, "not finite"),
    (Constant([3.0]), ["--ts-output", "probabilities"], 3, "--ts-output logits"),
    (Constant([0.9, 0.9]), ["--ts-output", "probabilities"], 3, "adding to 1"),
    (Constant([0.0]), [], 2, "--ts-output"),
    (Constant([0.0]), ["--ts-output", "logits", "--ts-size", "0"], 2, "--ts-size"),
    (Constant([0.0]), ["--ts-output", "logits", "--ts-mean", "0.5,0.5"], 2, "--ts-mean"),
    (Constant([0.0]), ["--ts-output", "logits", "--ts-std", "0"], 2, "--ts-std"),
    (Constant([0.0]), ["--ts-output", "logits", "--ts-fit", "centre:2"], 2, "--ts-fit"),
])
def test_a_torchscript_file_that_cannot_be_used_is_refused(exports, module, extra, code, reason, tmp_path):
    model = save(module, tmp_path / "m.pt")
    given = [flag for flag in FLAGS]
    for flag in extra[::2]:
        if flag in given:
            place = given.index(flag)
            del given[place:place + 2]
    result = exports.run("infer", "data/cats_and_dogs/frames", model, *given, *extra)
    assert result.returncode == code, result.stderr
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_no_torchscript_is_refused_by_name(exports, tmp_path):
    checkpoint = exports.folder / "models/cats_and_dogs/animalnet.pth"
    (tmp_path / "noise.pt").write_bytes(b"x" * 100)
    for path in (checkpoint, tmp_path / "noise.pt"):
        result = exports.run("infer", "data/cats_and_dogs/frames", f"torchscript:{path}")
        assert result.returncode == 3 and "torch.jit.save" in result.stderr and str(path) in result.stderr
    result = exports.run("infer", "data/cats_and_dogs/frames", "torchscript:nothing")
    assert result.returncode == 3 and "there is no TorchScript file" in result.stderr


def test_flags_that_contradict_the_file_are_refused(exports, tmp_path):
    out = tmp_path / "m.torchscript.pt"
    export(exports, "animalnet", "torchscript", out)
    for flags in (["--ts-size", 20], ["--ts-output", "logits"], ["--classes", "a,b"], ["--classes", "a,b,c"]):
        result = exports.run("infer", "data/cats_and_dogs/frames", f"torchscript:{out}", *flags)
        assert result.returncode == 2 and str(out) in result.stderr
    exports.ok("infer", "data/cats_and_dogs/frames", f"torchscript:{out}", "--ts-size", 16)


@pytest.mark.skipif(not QUANTISED.exists(), reason=f"{QUANTISED} is not there")
def test_a_quantised_torchscript_file_of_others_is_run(exports, tmp_path):
    classes = ",".join(f"class{number}" for number in range(1000))
    flags = ["--ts-size", 224, *IMAGENET, "--ts-output", "logits"]
    model = f"torchscript:{QUANTISED}"
    result = exports.ok("infer", "data/cats_and_dogs/frames", model, *flags, "--classes", classes, "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) == 16 and all(row["animal"].startswith("class") and 0 < row["score"] <= 1 for row in rows)
    refused = exports.run("infer", "data/cats_and_dogs/frames", model, *flags, "--classes", "cat,dog")
    assert refused.returncode == 3 and "1000" in refused.stderr
