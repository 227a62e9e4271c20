#!/usr/bin/env python3
"""Makes tests/golden/model/torchvision.json: what torchvision's networks answer, with weights and input that a formula
gives, so that nothing large has to be kept. Needs Debian's python3-torch and python3-torchvision.

The formula, for value i of tensor k of the state dict in its order: u = ((7919 i + 104729 (k + 1)) mod 2003) / 1001.5 - 1.
  convolution and linear weights  u * sqrt(3 / fan_in)      one-dimensional weights  1 + 0.1 u
  biases and running means        0.1 u                     running variances        1 + 0.1 u
The input is u of k = -1, [2, 3, 64, 64].
"""
import hashlib
import json
import math
import pathlib

import torch
import torchvision

NAMES = ["squeezenet1_1", "mobilenet_v2", "resnet18", "resnet34", "resnet50"]


def ramp(count, k):
    i = torch.arange(count, dtype=torch.int64)
    return ((7919 * i + 104729 * (k + 1)) % 2003).double() / 1001.5 - 1


def fill(model):
    state = model.state_dict()
    for k, (name, tensor) in enumerate(state.items()):
        if not tensor.is_floating_point():
            continue
        values = ramp(tensor.numel(), k)
        if tensor.dim() > 1:
            values = values * math.sqrt(3 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("running_var") or name.endswith("weight"):
            values = 1 + 0.1 * values
        else:
            values = 0.1 * values
        tensor.copy_(values.reshape(tensor.shape).float())


def main():
    golden = {"torch": torch.__version__, "torchvision": torchvision.__version__, "networks": []}
    image = ramp(2 * 3 * 64 * 64, -1).reshape(2, 3, 64, 64).float()
    for name in NAMES:
        model = getattr(torchvision.models, name)()
        fill(model)
        model.eval()
        with torch.no_grad():
            answer = model(image)
        golden["networks"].append({
            "name": name,
            "names_sha256": hashlib.sha256("\n".join(model.state_dict()).encode()).hexdigest(),
            "count": len(model.state_dict()),
            "logits": [[float(v) for v in row[:8]] for row in answer],
            "sums": [float(row.double().sum()) for row in answer],
        })
    path = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/model/torchvision.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
