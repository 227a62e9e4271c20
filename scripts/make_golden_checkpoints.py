#!/usr/bin/env python3
"""Writes tests/golden/checkpoint: files of PyTorch's torch.save that the C++ reader is tested on.

Run by hand with Debian's python3-torch (1.13); the output is committed. Values are patterns that
tests/checkpoint/golden_test.cpp repeats, so both sides say the same thing independently.
"""
import argparse
import collections
import io
import os
import pickle
import sys
import zipfile
from pathlib import Path

import torch

NAMES_OF_TYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


class AnimalNet(torch.nn.Module):
    """The seed's network."""

    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(256, 1)

    def forward(self, batch):
        return torch.sigmoid(self.fc1(batch))


def pattern(*shape):
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count, dtype=torch.float32) / 4 - 1).reshape(shape)


def make_model():
    model = AnimalNet()
    with torch.no_grad():
        model.fc1.weight.copy_(pattern(1, 256) / 64)
        model.fc1.bias.fill_(0.5)
    return model


def trained(optimizer_class, **options):
    """Model and optimizer after two steps, as the seed's training leaves them."""
    model = make_model()
    optimizer = optimizer_class(model.parameters(), **options)
    for step in range(2):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy(model(pattern(1, 1, 1, 256) * 0.01), torch.ones(1, 1, 1, 1))
        loss.backward()
        optimizer.step()
    return {
        "epoch": 1,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": 0.25,
    }


def make_values():
    states = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict()
    for name, tensor in states.items():
        tensor.copy_(pattern(*tensor.shape))
    table = pattern(4, 6)
    shared = pattern(2, 3)
    nested = {
        "none": None,
        "flags": [True, False],
        "numbers": (0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31), 2**40, 2**63 - 1, -(2**63)),
        "floats": [0.5, -1e300, float("inf")],
        "text": ["", "ascii", "\u043a\u043e\u0448\u043a\u0430 \U0001f408"],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "size": torch.Size([2, 3]),
        "device": torch.device("cuda", 1),
        "type": torch.float16,
        7: {"deep": [[[{"deeper": ()}]]]},
        None: "none as key",
        True: "bool as key",
        0.5: "number as key",
    }
    nested["long_text"] = "x" * 300
    nested["long_list"] = list(range(1500))
    return {
        "state_dict": states,
        "seed_adam": trained(torch.optim.Adam, lr=0.0003),
        "adamw": trained(torch.optim.AdamW, lr=0.001, weight_decay=0.01),
        "sgd_momentum": trained(torch.optim.SGD, lr=0.01, momentum=0.9, nesterov=True),
        "tied": collections.OrderedDict([("encoder", shared), ("decoder", shared), ("row", shared[1])]),
        "views": {
            "transposed": table.t(),
            "columns": table[:, 1:5:2],
            "tail": table[2:],
            "expanded": pattern(3, 1).expand(3, 4),
            "permuted": pattern(2, 3, 4).permute(2, 0, 1),
            "channels_last": pattern(1, 2, 2, 3).contiguous(memory_format=torch.channels_last),
        },
        "parameter": {"weight": torch.nn.Parameter(pattern(2, 2)), "fixed": torch.nn.Parameter(pattern(2), False)},
        "dtypes": {name: torch.tensor([0, 1, 1, 0, 1]).to(getattr(torch, name)) for name in NAMES_OF_TYPES},
        "small_shapes": {
            "scalar": torch.tensor(2.5),
            "empty": torch.zeros(0),
            "no_rows": torch.zeros(0, 7),
            "no_columns": torch.zeros(3, 0, 2),
        },
        "bare_tensor": pattern(2, 2),
        "nested": nested,
        "huge_integer": {"seed": 2**70},
        "complex": {"wave": torch.ones(2, dtype=torch.complex64)},
        "sparse": {"edges": torch.eye(3).to_sparse()},
        "quantised": {"weight": torch.quantize_per_tensor(pattern(4), 0.1, 0, torch.qint8)},
        "bare_storage": pattern(2).storage(),
        "a_set": {"names": {"cat"}},
    }


class Hostile:
    def __reduce__(self):
        return (os.system, ("echo this must never run",))


def write_zip(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, compress_type=method)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", default=Path(__file__).parent.parent / "tests/golden/checkpoint")
    folder = Path(arguments.parse_args().folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)

    for name, value in make_values().items():
        torch.save(value, folder / f"{name}.pth")
    states = torch.load(folder / "state_dict.pth")
    torch.save(states, folder / "protocol_5.pth", pickle_protocol=5)
    torch.save(states, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(make_model(), folder / "whole_model.pth")
    torch.jit.save(torch.jit.script(make_model()), folder / "torchscript.pt")
    # The debugging member holds the path of this script on the machine it ran on.
    write_zip(folder / "torchscript.pt",
              [member for member in members_of(folder / "torchscript.pt") if not member[0].endswith(".debug_pkl")])

    members = members_of(folder / "state_dict.pth")
    write_zip(folder / "deflated.pth", members, zipfile.ZIP_DEFLATED)
    # The extra members that PyTorch 2.1 and later write.
    extra = [("byteorder", b"little"), (".format_version", b"1"), (".storage_alignment", b"64"),
             (".data/serialization_id", b"0" * 40)]
    write_zip(folder / "newer_members.pth", members + [(f"state_dict/{name}", content) for name, content in extra])
    hostile = io.BytesIO()
    pickle.dump({"fc1.weight": Hostile()}, hostile, protocol=2)
    write_zip(folder / "hostile.pth", [("archive/data.pkl", hostile.getvalue()), ("archive/version", b"3\n")])
    (folder / "bare_pickle.pth").write_bytes(pickle.dumps({"a": 1}, protocol=2))
    whole = (folder / "state_dict.pth").read_bytes()
    (folder / "truncated.pth").write_bytes(whole[: len(whole) // 2])

    (folder / "VERSION").write_text(f"made by scripts/make_golden_checkpoints.py with PyTorch {torch.__version__}, "
                                    f"Python {sys.version_info.major}.{sys.version_info.minor}\n")


if __name__ == "__main__":
    main()
