"""The main job: split, train, evaluate, validate, infer, with the replaced system's commands, lines and numbers."""

import json
import re
import shutil
import signal

import cv2
import numpy
import pytest
from conftest import SHARED, leftovers

CSV = ("data/train.csv", "data/val.csv")


def seed_workspace(program):
    """The five frames of the replaced system's own tests; training 4, 2, 1, validation 3."""
    random = numpy.random.RandomState(0)
    frames = program.folder / "data/cats_and_dogs/frames"
    annotations = program.folder / "data/cats_and_dogs/annotations"
    frames.mkdir(parents=True)
    annotations.mkdir(parents=True)
    for index, label in enumerate(["CAT", "DOG", "DOG", "CAT", "DOG"]):
        image = random.randint(0, 255, size=(10, 10, 3), dtype=numpy.uint8)
        cv2.imwrite(str(frames / f"{index}.png"), image)
        (annotations / f"{index}.json").write_text(json.dumps({"label": label}))
    write_csv(program, "data/train.csv", ["4.png", "2.png", "1.png"])
    write_csv(program, "data/val.csv", ["3.png"])


def write_csv(program, name, frames):
    rows = [f"data/cats_and_dogs/frames/{frame}" for frame in frames]
    (program.folder / name).write_text("\n".join(["frame_filename", *rows]) + "\n")


@pytest.mark.parametrize("batch_size, loss", [(1, 0.374296), (2, 0.381158)])
def test_training_prints_the_seeds_numbers(program, batch_size, loss):
    seed_workspace(program)
    # All three training frames of that test are dogs, which is refused unless one insists.
    assert program.run("training", *CSV).returncode == 3
    result = program.ok("training", *CSV, "--allow-one-class", "--lr", "0.001", "--num-epochs", 2, "--batch-size", batch_size, "--model-filename", "m")
    lines = result.stdout.splitlines()
    assert lines[0] == "Model m trained for 2 epochs"
    assert set(lines[1]) == {"-"}
    assert abs(float(lines[2].removeprefix("Loss on train dataset: ")) - loss) < 1e-6
    assert lines[3] == "Accuracy on val dataset: 1.0"


def test_a_run_without_a_name_is_named_after_the_time(program):
    seed_workspace(program)
    stdout = program.ok("train", *CSV, "--allow-one-class").stdout
    name = re.match(r"Model (AnimalNet_\d{8}-\d{6}) trained for 3 epochs", stdout).group(1)
    for suffix in (".pth", "_latest.pth", ".json"):
        assert (program.folder / "models/cats_and_dogs" / (name + suffix)).exists()


def test_evaluate_calls_equal_models_equal_and_passes(demo_workspace):
    result = demo_workspace.ok("evaluation", "base_model", "base_model", "data/test.csv")
    assert re.search(r"Test model is equal to base model: base_model_accuracy=[\d.]+ -> test_model_accuracy=[\d.]+", result.stdout)


def flipped(workspace, name):
    """A copy of base_model that says the opposite."""
    import torch

    path = workspace.folder / "models/cats_and_dogs/base_model.pth"
    checkpoint = torch.load(path)
    for key, tensor in checkpoint["model_state_dict"].items():
        checkpoint["model_state_dict"][key] = -tensor
    torch.save(checkpoint, path.with_name(name))


def test_evaluate_tells_better_from_worse_by_both_rules(workspace):
    flipped(workspace, "flipped.pth")
    scores = json.loads(workspace.run("evaluate", "base_model", "flipped", "data/train.csv", "--json").stdout)
    good, bad = ("base_model", "flipped") if scores["base"]["accuracy"] > scores["test"]["accuracy"] else ("flipped", "base_model")
    better = workspace.run("evaluate", bad, good, "data/train.csv")
    assert better.returncode == 0 and "Test model is better than base model: base_model_accuracy=" in better.stdout
    worse = workspace.run("evaluate", good, bad, "data/train.csv")
    assert worse.returncode == 4 and "Test model is worse than base model" in worse.stdout
    for model, code, word in ((good, 4, "inconclusive"),):
        result = workspace.run("evaluate", good, model, "data/train.csv", "--rule", "mcnemar")
        assert result.returncode == code and word in result.stdout
    report = json.loads(workspace.run("evaluate", bad, good, "data/train.csv", "--rule", "mcnemar", "--json").stdout)
    assert {"accuracy", "loss", "auc", "f1", "brier", "ece", "confusion"} <= report["base"].keys()
    assert {"p_value", "smallest_detectable_difference"} <= report["mcnemar"].keys()


def test_validate_checks_every_bound_and_needs_one(demo_workspace):
    run = lambda *bounds: demo_workspace.run("validation", "base_model", "data/test.csv", *bounds)
    ready = run("--max-loss-validation", 5)
    assert ready.returncode == 0
    assert re.search(r"^Model is ready for deployment: model_loss=[\d.]+ < max_loss_validation=5.0$", ready.stdout, re.MULTILINE)
    not_ready = run("--min-accuracy-validation", 1.0, "--max-loss-validation", 5, "--min-f1", 1)
    assert not_ready.returncode == 4
    assert "Model is not ready for deployment: model_accuracy=" in not_ready.stdout and "model_f1=" in not_ready.stdout
    assert "max_loss" not in not_ready.stdout
    nothing = run()
    assert nothing.returncode == 2 and "no bound was given" in nothing.stderr
    assert run("--min-f1", "nan").returncode == 2
    assert json.loads(run("--min-f1", 0, "--json").stdout)["ready"] is True


def test_infer_reads_files_folders_and_standard_input(demo_workspace):
    one = demo_workspace.ok("inference", "cat.0.png", "base_model.pth", "--threshold", "0.5")
    assert re.fullmatch(r"Image displays a (cat|dog)\n", one.stdout)
    folder = demo_workspace.ok("infer", "data/cats_and_dogs/frames", "base_model", "--json")
    answers = [json.loads(line) for line in folder.stdout.splitlines()]
    assert len(answers) == 120
    assert all(0 < answer["score"] < 1 and answer["animal"] in ("cat", "dog") for answer in answers)
    image = (demo_workspace.folder / "data/cats_and_dogs/frames/cat.0.png").read_bytes()
    piped = demo_workspace.run("infer", "-", "base_model", "--json", input=image)
    assert json.loads(piped.stdout)["score"] == next(a["score"] for a in answers if a["frame"].endswith("/cat.0.png"))
    assert demo_workspace.ok("infer", "cat.0.png", "base_model", "--threshold", 0).stdout == "Image displays a dog\n"


def test_infer_reports_what_cannot_be_read_and_goes_on(workspace):
    (workspace.folder / "data/cats_and_dogs/frames/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    result = workspace.run("infer", "bad.png", "cat.0.png", "base_model", "--json")
    assert result.returncode == 3
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert "error" in lines[0] and "score" in lines[1]
    missing = workspace.run("infer", "none.png", "base_model")
    assert missing.returncode == 3 and "none.png" in missing.stderr
    model = workspace.run("infer", "cat.0.png", "none")
    assert model.returncode == 3 and "base_model.pth" in model.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_and_resume_ends_bit_identical(workspace, number):
    import torch

    settings = ["--num-epochs", "4000", "--lr", "0.001", "--batch-size", "4"]
    process = workspace.start("train", *CSV, *settings, "--model-filename", "stopped")
    latest = workspace.folder / "models/cats_and_dogs/stopped_latest.pth"
    # The line of the first epoch comes after its checkpoint was written.
    assert "epoch 1/4000" in process.stderr.readline()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number, stderr
    assert "--resume" in stderr
    checkpoint = torch.load(latest)
    reached = checkpoint["animalctl"]["training"]["epoch"]
    assert 0 < reached < 4000
    # Both to the same place a little further on: the resumed run and one that was never stopped.
    settings[1] = str(reached + 3)
    workspace.ok("train", *CSV, *settings, "--model-filename", "stopped", "--resume")
    workspace.ok("train", *CSV, *settings, "--model-filename", "whole")
    stopped, whole = (torch.load(latest.with_name(f"{name}_latest.pth")) for name in ("stopped", "whole"))
    for key, tensor in whole["model_state_dict"].items():
        assert torch.equal(tensor, stopped["model_state_dict"][key])
    for index, state in whole["optimizer_state_dict"]["state"].items():
        for key, tensor in state.items():
            assert torch.equal(tensor, stopped["optimizer_state_dict"]["state"][index][key])
    assert not leftovers(workspace.folder)


def test_python_loads_our_checkpoint_and_goes_on_with_its_optimizer(demo_workspace):
    import torch

    path = demo_workspace.folder / "models/cats_and_dogs/base_model.pth"
    checkpoint = torch.load(path)
    assert {"epoch", "model_state_dict", "optimizer_state_dict", "loss"} <= checkpoint.keys()
    assert isinstance(checkpoint["epoch"], int) and isinstance(checkpoint["loss"], float)
    model = torch.nn.Sequential()
    model.add_module("fc1", torch.nn.Linear(256, 1))
    model.load_state_dict(checkpoint["model_state_dict"])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    torch.sigmoid(model(torch.rand(1, 256))).sum().backward()
    optimizer.step()
    assert optimizer.state_dict()["state"][0]["step"] > 1


def test_a_checkpoint_that_python_wrote_is_evaluated(workspace):
    import torch

    folder = workspace.folder / "models/cats_and_dogs"
    checkpoint = torch.load(folder / "base_model.pth")
    del checkpoint["animalctl"]
    torch.save(checkpoint, folder / "seed_style")
    torch.save(checkpoint["model_state_dict"], folder / "state_dict.pth")
    for name in ("seed_style", "state_dict"):
        report = json.loads(workspace.ok("evaluate", "base_model", name, "data/test.csv", "--json").stdout)
        assert report["base"] == report["test"]


def test_the_cache_may_be_deleted_at_any_time(workspace):
    first = workspace.ok("validate", "base_model", "data/test.csv", "--min-f1", 0, "--json").stdout
    shutil.rmtree(workspace.folder / "cache")
    assert workspace.ok("validate", "base_model", "data/test.csv", "--min-f1", 0, "--json").stdout == first
    assert workspace.ok("validate", "base_model", "data/test.csv", "--min-f1", 0, "--json", "--cache-dir", "").stdout == first


def test_augmented_training_ends_the_same_with_any_number_of_threads(workspace):
    def weights(threads):
        import torch

        workspace.ok("train", *CSV, "--augment", "strong", "--threads", threads, "--model-filename", "a", "--num-epochs", 2)
        return torch.load(workspace.folder / "models/cats_and_dogs/a_latest.pth")["model_state_dict"]["fc1.weight"]

    assert (weights(1) == weights(3)).all()


@pytest.mark.skipif(not (SHARED / "data/cats_and_dogs").is_dir(), reason="../shared/data is not beside the project")
def test_real_photographs_from_split_to_inference(program):
    """The README's commands on the photographs; a linear model gets what it gets."""
    data = program.folder / "data"
    data.mkdir()
    (data / "cats_and_dogs").symlink_to(SHARED / "data/cats_and_dogs")
    program.ok("dataset-split", "data/train.csv", "data/val.csv", "data/test.csv")
    program.ok("train", *CSV, "--model-filename", "base_model", "--batch-size", 8)
    report = json.loads((program.folder / "models/cats_and_dogs/base_model.json").read_text())
    assert report["data"]["train_images"] == 6400 and report["data"]["skipped_images"] == 0
    assert 0.52 < report["best_val_accuracy"] < 0.75
    result = program.run("evaluate", "base_model_latest", "base_model", "data/test.csv")
    assert result.returncode in (0, 4) and "Test model is" in result.stdout
    assert program.ok("validate", "base_model", "data/test.csv", "--min-accuracy-validation", 0.5).returncode == 0
    assert program.ok("infer", "cat.0.jpg", "base_model").stdout.startswith("Image displays a ")
