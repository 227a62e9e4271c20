#!/usr/bin/env python3
"""Writes tests/golden/training/: the seed's training run, number for number.

Run by hand with Debian's python3-torch, python3-opencv and python3-numpy; the output is committed.
The seed uses torchvision for ToTensor and Normalize; their arithmetic is written out here.
The order of random draws is the point: the model is made as the seed makes it (Linear first, then
manual_seed(0), then kaiming_uniform_), and manual_seed(0) comes once more before the data loaders.
"""
import argparse
import json
import pathlib
import platform

import cv2
import numpy as np
import torch

VERSIONS = {"python": platform.python_version(), "torch": torch.__version__, "opencv": cv2.__version__,
            "numpy": np.__version__}
LABELS = ["CAT", "DOG", "DOG", "CAT", "DOG"]
TRAIN_IMAGES = [4, 2, 1]
VAL_IMAGES = [3]
OPTIMIZERS = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
    "adam_weight_decay": lambda parameters: torch.optim.Adam(parameters, lr=1e-3, weight_decay=1e-2),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1e-2),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=1e-2, momentum=0.9, weight_decay=1e-3)}


class AnimalNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(256, 1)
        torch.manual_seed(0)
        torch.nn.init.kaiming_uniform_(self.fc1.weight)
        self.fc1.bias.data.fill_(0.5)

    def forward(self, x):
        return torch.sigmoid(self.fc1(x))


class Animals(torch.utils.data.Dataset):
    def __init__(self, grey, images):
        self.items = [(to_tensor(grey[i]), float(LABELS[i] == "DOG")) for i in images]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        image, target = self.items[index]
        return image, torch.tensor(target, dtype=torch.float32)


def shortest(tensor):
    """float32 values as the shortest decimals that give them back."""
    array = np.asarray(tensor, dtype=np.float32).ravel()
    numbers = [float(str(value)) for value in array]
    assert np.array_equal(np.array(numbers, dtype=np.float64).astype(np.float32), array)
    return numbers


def grey_bytes(frame):
    small = cv2.resize(frame, (16, 16), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).reshape(1, 256)


def to_tensor(grey):
    """ToTensor on a (1, 256) uint8 image, then Normalize(0.5, 0.5): [1, 1, 256]."""
    return torch.from_numpy(grey.copy()).reshape(1, 1, 256).float().div(255).sub(0.5).div(0.5)


def write_frames(folder):
    """The five frames of the seed's tests, written and read back as PNG; returns their grey bytes."""
    random = np.random.RandomState(0)
    grey = []
    for number in range(len(LABELS)):
        frame = random.randint(0, 255, size=(10, 10, 3), dtype=np.uint8)
        path = folder / f"{number}.png"
        assert cv2.imwrite(str(path), frame)
        read_back = cv2.imread(str(path))
        assert np.array_equal(read_back, frame)
        grey.append(grey_bytes(read_back))
    return grey


def loader(items, batch_size):
    return torch.utils.data.DataLoader(items, batch_size=batch_size, shuffle=True)


def validate(model, batches):
    right = total = 0
    with torch.no_grad():
        for images, targets in batches:
            predicted = model(images).reshape(-1) >= 0.5
            right += int((predicted == targets.bool()).sum())
            total += len(targets)
    return right / total


def optimizer_state(optimizer):
    state = optimizer.state_dict()["state"]
    names = ["fc1.weight", "fc1.bias"]
    return {names[index]: {key: float(value) if key == "step" else shortest(value) for key, value in entry.items()
                           if value is not None} for index, entry in state.items()}


def train(grey, optimizer_name, batch_size, epochs):
    model = AnimalNet()
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())
    loss_of = torch.nn.BCELoss()
    torch.manual_seed(0)
    train_loader = loader(Animals(grey, TRAIN_IMAGES), batch_size)
    val_loader = loader(Animals(grey, VAL_IMAGES), batch_size)
    history = []
    for _ in range(epochs):
        total = 0.0
        for images, targets in train_loader:
            optimizer.zero_grad()
            loss = loss_of(model(images).reshape(-1), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
        history.append({"loss": total / len(TRAIN_IMAGES), "val_accuracy": validate(model, val_loader)})
    settings = {key: value for key, value in optimizer.state_dict()["param_groups"][0].items() if key != "params"}
    return {"optimizer": optimizer_name, "settings": settings, "batch_size": batch_size, "epochs": history,
            "weight": shortest(model.fc1.weight.detach()), "bias": shortest(model.fc1.bias.detach()),
            "optimizer_state": optimizer_state(optimizer)}


def permutations(train_count, val_count, epochs=3):
    """The orders in which two shuffling loaders hand out their items, used in turn as in the seed."""
    torch.manual_seed(0)
    loaders = {"train": loader(range(train_count), 1), "val": loader(range(val_count), 1)}
    orders = [{name: [int(batch) for batch in batches] for name, batches in loaders.items()} for _ in range(epochs)]
    return {"train_count": train_count, "val_count": val_count, "epochs": orders}


def draws(count):
    """What a loader draws: base seed, then sampler seed, once per loader per epoch."""
    torch.manual_seed(0)
    return [int(torch.empty((), dtype=torch.int64).random_()) for _ in range(count)]


def forward():
    model = AnimalNet()
    initial = {"weight": shortest(model.fc1.weight.detach()), "bias": shortest(model.fc1.bias.detach())}
    torch.manual_seed(0)
    value = torch.rand(1, 1, 1, 256)
    with torch.no_grad():
        output = model(value)
    return {"versions": VERSIONS, "initial": initial, "input": shortest(value), "output": shortest(output)[0],
            "output_shape": list(output.shape)}


def check(forward_case, runs):
    """The figures known from the seed itself."""
    second = {run["batch_size"]: run["epochs"][1]["loss"] for run in runs if run["optimizer"] == "adam"}
    assert abs(forward_case["output"] - 0.997576) < 1e-6, forward_case["output"]
    assert abs(second[1] - 0.374296) < 1e-6 and abs(second[2] - 0.381158) < 1e-6, second
    assert all(max(epoch["val_accuracy"] for epoch in run["epochs"]) == 1.0 for run in runs
               if run["optimizer"] == "adam")


def write(path, content):
    # One line an entry of the outermost level: short, and differences stay readable.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=root / "tests" / "golden" / "training")
    output = parser.parse_args().output
    (output / "frames").mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    grey = write_frames(output / "frames")
    forward_case = forward()
    runs = [train(grey, "adam", 1, 3), train(grey, "adam", 2, 3), train(grey, "adam_weight_decay", 2, 2),
            train(grey, "adamw", 2, 2), train(grey, "sgd", 2, 2)]
    check(forward_case, runs)
    write(output / "forward.json", forward_case)
    write(output / "preprocess.json", {
        "versions": VERSIONS, "labels": LABELS, "grey": [image.ravel().tolist() for image in grey],
        "normalized_first": shortest(to_tensor(grey[0]))})
    write(output / "shuffle.json", {"versions": VERSIONS, "draws_after_manual_seed_0": draws(24), "loaders": [
        permutations(3, 1), permutations(10, 4), permutations(1000, 100)]})
    write(output / "runs.json", {"versions": VERSIONS, "train_images": TRAIN_IMAGES, "val_images": VAL_IMAGES,
                                 "runs": runs})
    print("versions:", VERSIONS)
    for run in runs:
        print(run["optimizer"], run["batch_size"], run["epochs"])


if __name__ == "__main__":
    main()
