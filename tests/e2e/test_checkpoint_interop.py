"""What the C++ writer makes must load in Python as the same objects, and under restrictions."""
import collections
import os
import pickle
import subprocess
import zipfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

BIN = Path(os.environ.get("ANIMALCTL_BIN_DIR", "build/release/bin"))
TOOL = BIN / "checkpoint_tool"
TESTS = Path(__file__).resolve().parent.parent
GOLDEN = TESTS / "golden" / "checkpoint"
WEIGHTS = TESTS.parent.parent / "shared" / "weights"

READABLE = ["state_dict", "seed_adam", "adamw", "sgd_momentum", "tied", "views", "parameter", "dtypes", "small_shapes",
            "bare_tensor", "nested", "protocol_5", "deflated", "newer_members"]
REFUSED = ["hostile.pth", "whole_model.pth", "legacy.pth", "torchscript.pt", "complex.pth", "sparse.pth",
           "quantised.pth", "a_set.pth", "truncated.pth"]

if not TOOL.exists():
    pytest.skip(f"{TOOL} is not built; set ANIMALCTL_BIN_DIR", allow_module_level=True)


class RestrictedUnpickler(pickle.Unpickler):
    """The names that torch.load(weights_only=True) allows, and nothing else."""

    def find_class(self, module, name):
        allowed = torch._weights_only_unpickler._get_allowed_globals()
        if f"{module}.{name}" not in allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return allowed[f"{module}.{name}"]


class RestrictedPickle:
    """Stands for the pickle module in torch.load."""

    Unpickler = RestrictedUnpickler


def resave(source, target):
    return subprocess.run([TOOL, "resave", source, target], capture_output=True, text=True, timeout=60)


def bytes_of(tensor):
    """The elements as bytes, so that NaN and -0 count as well."""
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.int16).numpy().tobytes() if flat.dtype == torch.bfloat16 else flat.numpy().tobytes()


def assert_same(ours, theirs, where="value"):
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, torch.Tensor), where
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, where
        assert ours.is_contiguous() and not ours.requires_grad, where
        assert bytes_of(ours) == bytes_of(theirs), where
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict) and list(ours) == list(theirs), where
        assert isinstance(ours, collections.OrderedDict) == isinstance(theirs, collections.OrderedDict), where
        assert_same(getattr(ours, "__dict__", None), getattr(theirs, "__dict__", None), f"{where}.__dict__")
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, (torch.device, torch.dtype)):
        assert ours == str(theirs), where
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(ours, tuple) == isinstance(theirs, tuple) and len(ours) == len(theirs), where
        for index, (left, right) in enumerate(zip(ours, theirs)):
            assert_same(left, right, f"{where}[{index}]")
    else:
        assert type(ours) is type(theirs) and ours == theirs, where


@pytest.mark.parametrize("name", READABLE)
def test_a_resaved_file_loads_in_python_as_the_same_objects(name, tmp_path):
    target = tmp_path / "ours.pth"
    result = resave(GOLDEN / f"{name}.pth", target)
    assert result.returncode == 0, result.stderr
    theirs = torch.load(GOLDEN / f"{name}.pth")
    assert_same(torch.load(target), theirs)
    assert_same(torch.load(target, pickle_module=RestrictedPickle), theirs)


@pytest.mark.parametrize("name", ["state_dict", "tied", "views", "dtypes", "small_shapes", "bare_tensor"])
def test_files_of_tensors_load_with_weights_only(name, tmp_path):
    target = tmp_path / "ours.pth"
    assert resave(GOLDEN / f"{name}.pth", target).returncode == 0
    assert_same(torch.load(target, weights_only=True), torch.load(GOLDEN / f"{name}.pth"))


def test_the_seeds_checkpoint_loads_into_its_model_and_optimizer(tmp_path):
    target = tmp_path / "ours.pth"
    assert resave(GOLDEN / "seed_adam.pth", target).returncode == 0
    state = torch.load(target)
    model = torch.nn.Module()
    model.fc1 = torch.nn.Linear(256, 1)
    model.load_state_dict(state["model_state_dict"])
    optimizer = torch.optim.Adam(model.parameters(), lr=1)
    optimizer.load_state_dict(state["optimizer_state_dict"])
    assert optimizer.param_groups[0]["lr"] == 0.0003
    assert optimizer.state[model.fc1.weight]["step"] == 2
    model.fc1(torch.ones(1, 256)).sum().backward()
    optimizer.step()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (100_003,), (64, 257)])
@pytest.mark.parametrize("name", ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8",
                                  "uint8", "bool"])
def test_tensors_of_every_type_and_size_come_back(name, shape, tmp_path):
    torch.manual_seed(1)
    tensor = (torch.rand(shape) * 100 - 20).to(getattr(torch, name))
    torch.save({"tensor": tensor}, tmp_path / "theirs.pth")
    assert resave(tmp_path / "theirs.pth", tmp_path / "ours.pth").returncode == 0
    assert_same(torch.load(tmp_path / "ours.pth", weights_only=True)["tensor"], tensor)


def test_a_file_whose_name_is_not_ascii_is_read(tmp_path):
    source = tmp_path / "\u043a\u043e\u0448\u043a\u0430.pth"
    torch.save({"a": torch.ones(2)}, source)
    result = resave(source, tmp_path / "\u0441\u043e\u0431\u0430\u043a\u0430.pth")
    assert result.returncode == 0, result.stderr
    assert_same(torch.load(tmp_path / "\u0441\u043e\u0431\u0430\u043a\u0430.pth"), {"a": torch.ones(2)})


def test_the_zip_has_the_members_of_torch_save(tmp_path):
    assert resave(GOLDEN / "tied.pth", tmp_path / "ours.pth").returncode == 0
    with zipfile.ZipFile(tmp_path / "ours.pth") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["ours/data.pkl", "ours/data/0", "ours/data/1", "ours/data/2", "ours/version"]
        assert archive.read("ours/version") == b"3\n"
        assert all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_file_is_named_and_leaves_nothing(name, tmp_path):
    result = resave(GOLDEN / name, tmp_path / "ours.pth")
    assert result.returncode == 3
    assert f"cannot read {GOLDEN / name}: " in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name, count", [("mobilenet_v2.pth", 314), ("squeezenet1_1.pth", 52)])
def test_published_weights_survive_the_way_through(name, count, tmp_path):
    if not (WEIGHTS / name).exists():
        pytest.skip(f"{WEIGHTS / name} is not there")
    assert resave(WEIGHTS / name, tmp_path / "ours.pth").returncode == 0
    ours = torch.load(tmp_path / "ours.pth", weights_only=True)
    assert len(ours) == count
    assert_same(ours, torch.load(WEIGHTS / name))
