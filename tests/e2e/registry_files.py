"""Files of a training run made by hand: what `models register` reads, without a model behind it."""

import hashlib
import json
import zipfile


def checkpoint(folder, name="base_model", content=b"weights of a network"):
    """<name>.pth and the record of its run."""
    models = folder / "models/cats_and_dogs"
    models.mkdir(parents=True, exist_ok=True)
    (models / f"{name}.pth").write_bytes(content)
    record = {
        "format": 1,
        "model": name,
        "classes": ["CAT", "DOG"],
        "settings": {"arch": "smallcnn", "lr": 0.001, "seed": 7, "unfreeze_at": None},
        "data": {"digest": hashlib.sha256(content).hexdigest(), "train_images": 800, "val_images": 100},
        "best_epoch": 1,
        "epochs": [
            {"epoch": 0, "train_loss": 0.6, "val_loss": 0.5, "val_accuracy": 0.7, "best": False},
            {"epoch": 1, "train_loss": 0.4, "val_loss": 0.3, "val_accuracy": 0.9, "best": True},
        ],
        "versions": {"animalctl": "0.6.0", "libtorch": "1.13.0"},
    }
    (models / f"{name}.json").write_text(json.dumps(record))
    return models / f"{name}.pth"


def archive(folder, weights, version, model="animal"):
    """A .mar of that checkpoint as `archive` writes it; its network is no network."""
    members = {
        "base_model.pt": b"a network",
        "index_to_name.json": b'{"0": "cat", "1": "dog"}',
        "MAR-INF/MANIFEST.json": json.dumps(
            {
                "createdOn": "26/11/2026 03:00:00",
                "runtime": "python",
                "model": {"modelName": model, "serializedFile": "base_model.pt", "handler": "image_classifier", "modelVersion": version},
                "archiverVersion": "0.12.0",
            }
        ).encode(),
    }
    described = {
        "format": 1,
        "classes": ["CAT", "DOG"],
        "architecture": "smallcnn",
        "threshold": 0.5,
        "lineage": {"weights": {"file": weights.name, "bytes": 1, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}},
        "members": {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in members.items()},
    }
    path = folder / f"packed-{version}.mar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
        file.writestr("MAR-INF/animalctl.json", json.dumps(described))
    return path


def report(folder, accuracy=0.95, count=200):
    path = folder / "report.json"
    path.write_text(json.dumps({"metrics": {"count": count, "accuracy": accuracy, "loss": 0.2, "auc": None}}))
    return path


def register(program, version, *more, content=None):
    """Registers a version made of these."""
    weights = checkpoint(program.folder, content=content or f"weights {version}".encode())
    packed = archive(program.folder, weights, f"{version}.0")
    result = program.ok("models", "register", weights, "--archive", packed, "--by", "anna", "--json", *more)
    return json.loads(result.stdout)
