#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/result.h"
#include "animalctl/exporter/export_model.h"
#include "animalctl/image/facts.h"
#include "animalctl/image/image.h"
#include "animalctl/model/predictor.h"
#include "animalctl/model/serving_model.h"
#include "animalctl/train/evaluate.h"
#include "animalctl/train/train.h"

namespace animalctl {

// What the shared library says it runs on.
struct EngineVersions {
  std::string torch;  // empty in a build without LibTorch
  std::string opencv;
  bool cuda = false;
};

// The door to everything that needs LibTorch or OpenCV. These libraries cost 0.4 s and 160 MB at load,
// so they live in libanimalctl_engine.so, which a command opens only when it needs it. All methods are
// thread-safe; each throws what the function it stands for throws, and Unimplemented where this build
// has no LibTorch.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual EngineVersions versions() const = 0;

  // image/decode.h. `warning` (may be null) receives what the decoder complained of.
  virtual Result<ImageU8> decode(std::span<const std::byte> bytes) const = 0;
  // Size, format, perceptual hash and decoder warnings of one image.
  virtual Result<ImageFacts> examine(std::span<const std::byte> bytes) const = 0;
  // The image as a JPEG file, made smaller (never larger) so that its longer side has at most `longest_side` pixels.
  // Throws InvalidArgument when the image is empty, longest_side is below 1 or jpeg_quality is not in 1..100.
  virtual Bytes encode_thumbnail(const ImageU8& image, int longest_side, int jpeg_quality) const = 0;
  // image/demo.h, encoded as PNG (true) or JPEG.
  virtual Bytes draw_demo_frame(bool dog, std::uint64_t seed, std::uint64_t index, bool png) const = 0;

  virtual std::unique_ptr<Predictor> load_predictor(const PredictorOptions& options) const = 0;
  // For many requests: see serving_model.h. Throws also InvalidArgument when max_batch is not in 1..1024, and
  // Unavailable when bf16 is insisted on and does not agree with float32.
  virtual std::unique_ptr<ServingModel> load_serving_model(const ServingOptions& options) const = 0;
  virtual TrainReport train(const TrainConfig& config, TrainObserver& observer, std::stop_token stop) const = 0;
  virtual ScoreTable score_dataset(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop) const = 0;
  virtual ExportReport export_model(const ExportConfig& config) const = 0;
};

// Opens libanimalctl_engine.so: $ANIMALCTL_ENGINE when set, else beside the program in ../lib or
// ../lib/animalctl. Throws Unavailable with the loader's reason. `log` is applied inside the library.
std::unique_ptr<Engine> open_engine(const log::Settings& log);

}  // namespace animalctl
