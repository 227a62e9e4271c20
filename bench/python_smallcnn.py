#!/usr/bin/env python3
"""python_smallcnn.py CSV --workers N [--bf16]: an epoch of `smallcnn` as one would train it in Python: DataLoader, OpenCV, the same network,
augmentation and batch size, AdamW, channels_last. Prints one JSON line with images a second, decoding included. A peer of
bench/smallcnn_speed.py."""
import argparse
import csv
import json
import math
import pathlib
import random
import time

import cv2
import numpy as np
import torch

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
GREY = np.array([0.299, 0.587, 0.114], np.float32)
KEPT, SEEN, BATCH = 106, 64, 128


class Frames(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        path = self.paths[index]
        image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        image = augment(cv2.resize(image, (KEPT, KEPT), interpolation=cv2.INTER_AREA))
        tensor = torch.from_numpy(((image.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1))
        return tensor, torch.tensor(float(pathlib.Path(path).name.startswith("dog")))


def augment(image):
    """`--augment crop`: a part of the image, flip, then saturation, contrast and brightness, a grey rectangle."""
    area, aspect = random.uniform(0.35, 1), math.exp(random.uniform(-1, 1) * math.log(4 / 3))
    width, height = (min(KEPT, round(KEPT * math.sqrt(share))) for share in (area * aspect, area / aspect))
    left, top = (int(random.random() * (KEPT - side + 1)) for side in (width, height))
    image = cv2.resize(image[top:top + height, left:left + width], (SEEN, SEEN), interpolation=cv2.INTER_AREA)
    if random.random() < 0.5:
        image = cv2.flip(image, 1)
    saturation, contrast, brightness = (random.uniform(1 - reach, 1 + reach) for reach in (0.4, 0.3, 0.3))
    grey = float(np.dot(cv2.mean(image)[:3], GREY))
    colours = np.zeros((3, 4), np.float32)
    colours[:, :3] = brightness * contrast * (saturation * np.eye(3) + (1 - saturation) * GREY[None, :])
    colours[:, 3] = brightness * (1 - contrast) * grey
    image = cv2.transform(image, colours)
    if random.random() < 0.25:
        area, aspect = random.uniform(0.02, 0.2) * SEEN * SEEN, random.uniform(0.4, 2.5)
        width, height = (min(SEEN, int(math.sqrt(size))) for size in (area * aspect, area / aspect))
        left, top = (int(random.random() * (SEEN - side)) for side in (width, height))
        image[top:top + height, left:left + width] = 127
    return image


class Stage(torch.nn.Module):
    def __init__(self, channels, wider):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, wider, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(wider)
        self.conv2 = torch.nn.Conv2d(wider, wider, 3, padding=1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(wider)

    def forward(self, x):
        half = torch.relu(self.bn1(torch.nn.functional.max_pool2d(self.conv1(x), 2)))
        return half + torch.relu(self.bn2(self.conv2(half)))


class SmallCnn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 24, 4, 2, 1)
        self.stages = torch.nn.Sequential(Stage(24, 48), Stage(48, 96), Stage(96, 192))
        self.fc = torch.nn.Linear(192, 1)

    def forward(self, x):
        return self.fc(self.stages(torch.relu(self.stem(x))).mean((2, 3)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.csv, newline="") as file:
        paths = [row[-1] for row in csv.reader(file)][1:]
    cv2.setNumThreads(1)
    model = SmallCnn().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.05)
    loss_of = torch.nn.BCEWithLogitsLoss()
    loader = torch.utils.data.DataLoader(Frames(paths), batch_size=BATCH, shuffle=True, num_workers=arguments.workers)
    start = time.perf_counter()
    for images, labels in loader:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16):
            answer = model(images.to(memory_format=torch.channels_last)).squeeze(1)
        loss_of(answer.float(), labels * 0.9 + 0.05).backward()
        optimizer.step()
    print(json.dumps({"images_per_second": len(paths) / (time.perf_counter() - start)}))


if __name__ == "__main__":
    main()
