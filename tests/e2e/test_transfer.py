"""Backbones: pretrained weights, frozen and fine-tuned, as a user calls them."""
import json

import pytest

WEIGHTS = "squeezenet1_1.pth"
TRANSFER = ["train", "data/train.csv", "data/val.csv", "--arch", "squeezenet1_1", "--image-size", 32, "--batch-size", 8]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file as torchvision publishes it, with random weights."""
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / WEIGHTS
    torch.save(torchvision.models.squeezenet1_1().state_dict(), path)
    return path


def report_of(workspace, name):
    return json.loads((workspace.folder / f"models/cats_and_dogs/{name}.json").read_text())


def test_a_file_of_torchvision_is_trained_on_top_of_and_its_features_are_kept(workspace, published):
    result = workspace.ok(*TRANSFER, "--weights", published, "--num-epochs", 2, "--model-filename", "head")
    assert "the head starts anew (classifier.1.bias: 1000 outputs → 1)" in result.stderr
    first = report_of(workspace, "head")
    images = first["data"]["train_images"] + first["data"]["val_images"]
    assert first["data"]["new_features"] == images and first["settings"]["freeze_backbone"] is True
    workspace.ok(*TRANSFER, "--weights", published, "--num-epochs", 2, "--model-filename", "again")
    assert report_of(workspace, "again")["data"]["new_features"] == 0
    workspace.run("evaluate", "head", "again", "data/val.csv")
    # A run that is asked for all of it: backbone included.
    workspace.ok(*TRANSFER, "--weights", published, "--freeze", "none", "--lr", 0.0001, "--num-epochs", 1, "--model-filename", "all")
    assert report_of(workspace, "all")["settings"]["freeze_backbone"] is False


def test_a_resumed_run_does_not_need_the_published_file(workspace, published):
    file = workspace.folder / "gone.pth"
    file.write_bytes(published.read_bytes())
    run = [*TRANSFER, "--weights", "gone.pth", "--schedule", "constant", "--model-filename", "kept"]
    workspace.ok(*run, "--num-epochs", 1)
    file.unlink()
    assert workspace.run(*run, "--num-epochs", 2).returncode == 3
    workspace.ok(*run, "--num-epochs", 2, "--resume")
    assert len(report_of(workspace, "kept")["epochs"]) == 2


def test_fetched_weights_are_named_and_unknown_ones_refused(workspace):
    result = workspace.run(*TRANSFER, "--weights", "squeezenet1_1")
    assert result.returncode == 3 and "animalctl weights fetch" in result.stderr
    result = workspace.run("train", "data/train.csv", "data/val.csv", "--weights", "none.pth")
    assert result.returncode == 3 and "none.pth" in result.stderr


@pytest.mark.parametrize("architecture", ["animalnet", "smallcnn"])
def test_a_network_without_a_backbone_goes_on_from_an_earlier_model(workspace, architecture):
    run = ["train", "data/train.csv", "data/val.csv", "--arch", architecture, "--image-size", 32, "--num-epochs", 1]
    workspace.ok(*run, "--model-filename", "first")
    result = workspace.ok(*run, "--model-filename", "second", "--weights", "models/cats_and_dogs/first.pth")
    assert "training goes on from all tensors of models/cats_and_dogs/first.pth" in result.stderr
    assert report_of(workspace, "second")["settings"]["weights"] == "models/cats_and_dogs/first.pth"
    # What export writes is gone on from too.
    workspace.ok("export", "first", "--format", "safetensors", "--out", "first.safetensors")
    workspace.ok(*run, "--model-filename", "third", "--weights", "first.safetensors")
    assert report_of(workspace, "third")["epochs"][0]["train_loss"] == report_of(workspace, "second")["epochs"][0]["train_loss"]


def test_weights_that_a_network_without_a_backbone_cannot_take_are_refused(workspace, published):
    run = ["train", "data/train.csv", "data/val.csv", "--image-size", 32]
    result = workspace.run(*run, "--weights", published)
    assert result.returncode == 3 and "is of the architecture squeezenet1_1, not of animalnet" in result.stderr
    result = workspace.run(*run, "--freeze", "backbone")
    assert result.returncode == 2 and "--freeze needs an architecture with a backbone" in result.stderr


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--freeze", "some"], "backbone, none or a number of stages"),
        (["--unfreeze-at", "0"], "unfreeze-at"),
        (["--layer-decay", "nan"], "layer-decay"),
        (["--label-smoothing", "1"], "label-smoothing"),
        (["--precision", "fp8"], "precision"),
    ],
)
def test_bad_transfer_settings_are_refused(workspace, flags, message):
    result = workspace.run(*TRANSFER, *flags)
    assert result.returncode == 2 and message in result.stderr


def test_the_recipe_of_an_architecture_is_what_print_config_shows(workspace):
    lines = workspace.ok("train", "a.csv", "b.csv", "--arch", "smallcnn", "--print-config").stdout.splitlines()
    assert "schedule = 'one-cycle'  # default" in lines and "optimizer = 'muon'  # default" in lines
    assert "augment = 'crop'  # default" in lines and "end-share = 0.8  # default" in lines and "mix = 0.5  # default" in lines
    lines = workspace.ok("train", "a.csv", "b.csv", "--arch", "mobilenet_v2", "--weights", "x.pth", "--print-config").stdout.splitlines()
    assert "freeze = 'backbone'  # default" in lines and "lr = 0.001  # default" in lines
    lines = workspace.ok("train", "a.csv", "b.csv", "--arch", "mobilenet_v2", "--weights", "x.pth", "--freeze", "3", "--print-config").stdout
    assert "lr = 0.0001  # default" in lines and "augment = 'light'  # default" in lines
    lines = workspace.ok("train", "a.csv", "b.csv", "--arch", "smallcnn", "--weights", "x.pth", "--print-config").stdout
    assert "num-epochs = 20  # default" in lines and "freeze = 'none'  # default" in lines and "optimizer = 'muon'  # default" in lines
    lines = workspace.ok("train", "a.csv", "b.csv", "--weights", "x.pth", "--print-config").stdout
    assert "num-epochs = 3  # default" in lines and "freeze = 'none'  # default" in lines
    lines = workspace.ok("train", "a.csv", "b.csv", "--print-config").stdout.splitlines()
    assert "num-epochs = 3  # default" in lines and "batch-size = 1  # default" in lines


def test_smallcnn_trains_from_nothing_and_more_than_two_classes_get_a_probability_each(workspace):
    workspace.ok("train", "data/train.csv", "data/val.csv", "--arch", "smallcnn", "--image-size", 32, "--num-epochs", 1,
                 "--batch-size", 8, "--classes", "cat,dog,owl", "--allow-one-class", "--model-filename", "three")
    result = workspace.run("validate", "three", "data/val.csv", "--classes", "cat,dog,owl", "--min-accuracy-validation", 0, "--json")
    confusion = json.loads(result.stdout)["metrics"]["confusion"]
    assert len(confusion) == 3 and all(len(row) == 3 for row in confusion)
