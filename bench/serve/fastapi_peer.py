"""The Python stack that bench/serve measures against: FastAPI on uvicorn, PIL, torchvision's transforms, a TorchScript
file of `animalctl export`. Started as `python3 -m uvicorn fastapi_peer:app --workers 2`, the file named by PEER_MODEL."""
import io
import json
import os

import torch
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

torch.set_num_threads(1)


class CentreShare:
    """The largest centred square, `share` of its sides."""

    def __init__(self, share):
        self.share = share

    def __call__(self, image):
        return functional.center_crop(image, round(min(image.size) * self.share))


def steps_of(wanted):
    """torchvision's transforms for a description's preprocessing."""
    steps = [CentreShare(wanted["centre_share"])] if wanted["resize"] == "centre-area" else []
    steps.append(transforms.Resize((wanted["height"], wanted["width"]), transforms.InterpolationMode.BOX))
    if wanted["channels"] == 1:
        steps.append(transforms.Grayscale())
    return transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(wanted["mean"], wanted["std"])])


def load():
    extra = {"animalctl.json": ""}
    module = torch.jit.load(os.environ["PEER_MODEL"], _extra_files=extra).eval()
    description = json.loads(extra["animalctl.json"])
    return torch.jit.freeze(module), steps_of(description["preprocessing"]), [name.lower() for name in description["classes"]]


model, prepare, classes = load()
with torch.inference_mode():  # the first calls compile
    side = os.environ.get("PEER_WARM", "64")
    for _ in range(3):
        model(prepare(Image.new("RGB", (int(side), int(side))))[None])
app = FastAPI()


@app.get("/ping")
async def ping():
    return {"status": "Healthy"}


@app.post("/predictions/animal")
async def predict(request: Request):
    image = Image.open(io.BytesIO(await request.body())).convert("RGB")
    with torch.inference_mode():
        score = model(prepare(image)[None]).item()
    return JSONResponse({"animal": classes[score >= 0.5], "score": score})
