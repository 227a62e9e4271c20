#!/usr/bin/env python3
"""python_features.py WEIGHTS CSV --workers N: features of a frozen mobilenet_v2 as one would compute them in Python: DataLoader, OpenCV,
no_grad, channels_last. Prints one JSON line with images a second, decoding included. A peer of bench/transfer_speed.py."""
import argparse
import csv
import json
import time

import cv2
import numpy as np
import torch
import torchvision

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


class Frames(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(self.paths[index]), cv2.COLOR_BGR2RGB)
        height, width = image.shape[:2]
        side = round(min(height, width) * 0.875)
        top, left = (height - side) // 2, (width - side) // 2
        image = cv2.resize(image[top:top + side, left:left + side], (224, 224), interpolation=cv2.INTER_AREA)
        return torch.from_numpy(((image.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("csv")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--limit", type=int, default=1000)
    arguments = parser.parse_args()
    with open(arguments.csv, newline="") as file:
        paths = [row[-1] for row in csv.reader(file)][1:arguments.limit + 1]
    cv2.setNumThreads(1)
    model = torchvision.models.mobilenet_v2()
    model.load_state_dict(torch.load(arguments.weights))
    model = model.features.eval().to(memory_format=torch.channels_last)
    loader = torch.utils.data.DataLoader(Frames(paths), batch_size=16, num_workers=arguments.workers)
    with torch.no_grad():
        model(torch.zeros(16, 3, 224, 224).to(memory_format=torch.channels_last))
        start = time.perf_counter()
        for batch in loader:
            model(batch.to(memory_format=torch.channels_last)).mean((2, 3))
        seconds = time.perf_counter() - start
    print(json.dumps({"images_per_second": len(paths) / seconds}))


if __name__ == "__main__":
    main()
