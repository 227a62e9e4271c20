// The Node stack that bench/serve measures against: Express, sharp, onnxruntime-node, an ONNX file of `animalctl export`.
// PEER_MODEL names the file, PEER_DESCRIPTION its preprocessing, PEER_PORT the port, PEER_WORKERS the processes.
"use strict";
const cluster = require("node:cluster");

const workers = Number(process.env.PEER_WORKERS || "2");

async function main() {
  const express = require("express");
  const onnx = require("onnxruntime-node");
  const sharp = require("sharp");
  const description = JSON.parse(process.env.PEER_DESCRIPTION);
  const wanted = description.preprocessing;
  const classes = description.classes.map((name) => name.toLowerCase());
  sharp.concurrency(1);
  sharp.cache(false);
  const session = await onnx.InferenceSession.create(process.env.PEER_MODEL, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const { width, height, channels, mean, std } = wanted;
  const area = width * height;

  async function pixels(body) {
    let image = sharp(body, { sequentialRead: true });
    if (wanted.resize === "centre-area") {
      const head = await image.metadata();
      const side = Math.round(Math.min(head.width, head.height) * wanted.centre_share);
      image = image.extract({
        left: (head.width - side) >> 1,
        top: (head.height - side) >> 1,
        width: side,
        height: side,
      });
    }
    image = image.resize(width, height, { fit: "fill", kernel: process.env.PEER_KERNEL || "cubic" });
    if (channels === 3) image = image.removeAlpha().toColourspace("srgb");
    return (await image.raw().toBuffer({ resolveWithObject: true }));
  }

  function tensor({ data, info }) {
    const values = new Float32Array(area * channels);
    const step = info.channels;
    for (let i = 0; i < area; ++i) {
      if (channels === 1) {
        // BT.601 after the resize, as the model was trained.
        const grey =
          step < 3 ? data[i * step] : 0.299 * data[i * step] + 0.587 * data[i * step + 1] + 0.114 * data[i * step + 2];
        values[i] = (grey / 255 - mean[0]) / std[0];
      } else {
        for (let c = 0; c < 3; ++c) values[c * area + i] = (data[i * step + c] / 255 - mean[c]) / std[c];
      }
    }
    return new onnx.Tensor("float32", values, [1, channels, height, width]);
  }

  async function predict(body) {
    const answer = await session.run({ input: tensor(await pixels(body)) });
    const score = answer.probabilities.data[0];
    return { animal: classes[score >= 0.5 ? 1 : 0], score };
  }

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/ping", (request, response) => response.json({ status: "Healthy" }));
  app.post("/predictions/animal", express.raw({ type: () => true, limit: "20mb" }), (request, response, next) => {
    predict(request.body).then((answer) => response.json(answer), next);
  });
  const server = app.listen(Number(process.env.PEER_PORT), "127.0.0.1");
  server.keepAliveTimeout = 60000;
}

if (cluster.isPrimary && workers > 1) {
  for (let i = 0; i < workers; ++i) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  main();
}
