#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "animalctl/image/image.h"
#include "animalctl/model/script_options.h"

namespace animalctl {

enum class Device { Auto, Cpu, Cuda };
// Arithmetic of a network that is not trained: the quickest that agrees with float32, or one that is insisted on.
enum class Precision { Auto, Fp32, Bf16 };

// Where a model comes from and how it is run.
struct PredictorOptions {
  std::filesystem::path model;  // a .pth file, or "torchscript:FILE" (script_options.h)
  Device device = Device::Auto;
  Precision precision = Precision::Auto;
  ScriptOptions script;  // only for a TorchScript model
};

// What a loaded model says of itself.
struct ModelInfo {
  std::string architecture;          // a row of the architecture table, e.g. "animalnet"
  std::vector<std::string> classes;  // upper case; index = class number; two classes: [0] CAT, [1] DOG
  int image_width = 0;               // pixels the model sees
  int image_height = 0;
};

// A model ready to answer. Immutable after loading; predict() is thread-safe.
class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual const ModelInfo& info() const = 0;

  // Two classes: one score an image, P(classes[1]) in [0, 1], as the seed's `score` is P(DOG). More: row-major
  // [images × classes], each row adding to 1. Images are RGB, any size; the model's own preprocessing is applied.
  virtual std::vector<float> predict(std::span<const ImageU8> images) const = 0;
};

}  // namespace animalctl
