#!/usr/bin/env python3
"""python_peer.py FRAMES_CSV ANNOTATIONS_DIR: the seed's training loop, timed.

The peer that `animalctl train` is measured against: torch's DataLoader over cv2.imread, one image at a
time, as the seed's repository does it. Prints one JSON line an epoch: {"epoch", "seconds",
"images_per_second", …}; the clock runs around the epoch only (training, and validation if --val is
given), not around imports, reading the CSV or making the model. images_per_second counts training and
validation images.
"""
import argparse
import csv
import json
import pathlib
import time

import cv2
import torch


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
    """Reads image and label anew each time an item is asked for, like the seed."""

    def __init__(self, frames, annotations_dir):
        self.frames = frames
        self.annotations_dir = annotations_dir

    def __len__(self):
        return len(self.frames)

    def __getitem__(self, index):
        path = self.frames[index]
        image = cv2.imread(str(path))
        image = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA)
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).reshape(1, 256)
        # torchvision's ToTensor and Normalize(0.5, 0.5).
        tensor = torch.from_numpy(image).reshape(1, 1, 256).float().div(255).sub(0.5).div(0.5)
        with open(self.annotations_dir / f"{path.stem}.json", encoding="utf-8") as file:
            label = json.load(file)["label"].upper()
        return tensor, torch.tensor(float(label == "DOG"), dtype=torch.float32)


def read_frames(snapshot, frames_dir, limit):
    with open(snapshot, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and "frame_filename" not in rows[0]:
        raise SystemExit(f"{snapshot} has no column frame_filename")
    names = [pathlib.Path(row["frame_filename"]) for row in rows][:limit]
    frames = [frames_dir / name if frames_dir else name for name in names]
    missing = [frame for frame in frames if not frame.is_file()]
    if not frames or missing:
        raise SystemExit(f"{snapshot}: {missing[0]} does not exist" if missing else f"{snapshot} lists no frames")
    return frames


def train_epoch(model, loader, loss_of, optimizer, device):
    model.train()
    total = 0.0
    for images, targets in loader:
        images, targets = images.to(device), targets.to(device)
        optimizer.zero_grad()
        loss = loss_of(model(images).reshape(-1), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(targets)
    return total / len(loader.dataset)


def validate(model, loader, device):
    model.eval()
    right = 0
    with torch.no_grad():
        for images, targets in loader:
            predicted = model(images.to(device)).reshape(-1) >= 0.5
            right += int((predicted == targets.to(device).bool()).sum())
    return right / len(loader.dataset)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames_csv", type=pathlib.Path, help="snapshot with a column frame_filename")
    parser.add_argument("annotations_dir", type=pathlib.Path)
    parser.add_argument("--val", type=pathlib.Path, metavar="CSV", help="validate on this snapshot after each epoch")
    parser.add_argument("--frames-dir", type=pathlib.Path, help="folder that relative names in the CSV start from")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="worker processes of each DataLoader")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--limit", type=int, help="use only the first N rows of each snapshot")
    parser.add_argument("--threads", type=int, help="torch.set_num_threads; default: torch's own")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    def make_loader(snapshot):
        items = Animals(read_frames(snapshot, arguments.frames_dir, arguments.limit), arguments.annotations_dir)
        return torch.utils.data.DataLoader(items, batch_size=arguments.batch_size, shuffle=True,
                                           num_workers=arguments.workers)

    device = torch.device("cpu")
    model = AnimalNet().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    loss_of = torch.nn.BCELoss()
    torch.manual_seed(0)
    train_loader = make_loader(arguments.frames_csv)
    val_loader = make_loader(arguments.val) if arguments.val else None
    images = len(train_loader.dataset) + (len(val_loader.dataset) if val_loader else 0)
    for epoch in range(arguments.epochs):
        begin = time.perf_counter()
        line = {"loss": train_epoch(model, train_loader, loss_of, optimizer, device)}
        if val_loader:
            line["val_accuracy"] = validate(model, val_loader, device)
        seconds = time.perf_counter() - begin
        print(json.dumps({"epoch": epoch, "seconds": round(seconds, 6),
                          "images_per_second": round(images / seconds, 1), "images": images,
                          "batch_size": arguments.batch_size, "workers": arguments.workers,
                          "threads": torch.get_num_threads(), **line}), flush=True)


if __name__ == "__main__":
    main()
