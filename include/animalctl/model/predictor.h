#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "animalctl/image/image.h"

namespace animalctl {

enum class Device { Auto, Cpu, Cuda };

// Where a model comes from and how it is run.
struct PredictorOptions {
  std::filesystem::path model;  // a .pth file
  Device device = Device::Auto;
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

  // One score an image: for two classes P(classes[1]) in [0, 1], as the seed's `score` is P(DOG).
  // Images are RGB, any size; the model's own preprocessing is applied.
  virtual std::vector<float> predict(std::span<const ImageU8> images) const = 0;
};

}  // namespace animalctl
