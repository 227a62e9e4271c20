#include "animalctl/engine/engine.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "animalctl/image/perceptual_hash.h"
#include "animalctl/image/transform.h"
#include "engine/entry.h"

#ifdef ANIMALCTL_WITH_TORCH
#include "model/load_predictor.h"
#include "model/load_serving_model.h"
#include "model/runtime.h"
#endif

namespace animalctl {
namespace {

constexpr int kDemoJpegQuality = 92;

class LibraryEngine final : public Engine {
 public:
  explicit LibraryEngine(const log::Settings& log) {
    log::configure(log);
    configure_image_library();
#ifdef ANIMALCTL_WITH_TORCH
    configure_torch();
#endif
  }

  Result<ImageU8> decode(std::span<const std::byte> bytes) const override {
    return decode_image(bytes);
  }

  Result<ImageFacts> examine(std::span<const std::byte> bytes) const override {
    const Result<DecodedImage> decoded = decode_image_with_warnings(bytes);
    if (!decoded) return decoded.error();
    const DecodedImage& image = decoded.value();
    ImageFacts facts;
    facts.width = image.image.width;
    facts.height = image.image.height;
    facts.format = std::string(to_string(image.header.format));
    facts.perceptual_hash = perceptual_hash(image.image);
    facts.warnings = image.warnings;
    return facts;
  }

  Bytes encode_thumbnail(const ImageU8& image, int longest_side, int jpeg_quality) const override {
    return encode_jpeg(resize_within(image, longest_side), jpeg_quality);
  }

  Bytes draw_demo_frame(bool dog, std::uint64_t seed, std::uint64_t index, bool png) const override {
    const ImageU8 image = draw_demo_animal(dog, seed, index);
    return png ? encode_png(image) : encode_jpeg(image, kDemoJpegQuality);
  }

#ifdef ANIMALCTL_WITH_TORCH
  EngineVersions versions() const override {
    return {torch_version(), image_library_version(), torch_has_cuda()};
  }

  std::unique_ptr<Predictor> load_predictor(const PredictorOptions& options) const override {
    return guard_torch([&] { return animalctl::load_predictor(options); });
  }

  std::unique_ptr<ServingModel> load_serving_model(const ServingOptions& options) const override {
    return guard_torch([&] { return animalctl::load_serving_model(options); });
  }

  TrainReport train(const TrainConfig& config, TrainObserver& observer, std::stop_token stop) const override {
    return guard_torch([&] { return animalctl::train(config, observer, stop); });
  }

  ScoreTable score_dataset(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop) const override {
    return guard_torch([&] { return animalctl::score_dataset(config, progress, stop); });
  }

  ExportReport export_model(const ExportConfig& config) const override {
    return guard_torch([&] { return animalctl::export_model(config); });
  }
#else
  EngineVersions versions() const override {
    return {"", image_library_version(), false};
  }

  std::unique_ptr<Predictor> load_predictor(const PredictorOptions&) const override {
    refuse();
  }
  std::unique_ptr<ServingModel> load_serving_model(const ServingOptions&) const override {
    refuse();
  }
  TrainReport train(const TrainConfig&, TrainObserver&, std::stop_token) const override {
    refuse();
  }
  ScoreTable score_dataset(const ScoreConfig&, ProgressSink&, std::stop_token) const override {
    refuse();
  }
  ExportReport export_model(const ExportConfig&) const override {
    refuse();
  }

 private:
  [[noreturn]] static void refuse() {
    throw Error(
        ErrorCode::Unimplemented,
        "this build has no LibTorch (ANIMALCTL_WITH_TORCH=OFF); build the release preset to train and use models");
  }
#endif
};

}  // namespace
}  // namespace animalctl

extern "C" {

__attribute__((visibility("default"))) int animalctl_engine_interface() {
  return animalctl::kEngineInterface;
}

__attribute__((visibility("default"))) animalctl::Engine* animalctl_make_engine(const animalctl::log::Settings& log) {
  return new animalctl::LibraryEngine(log);
}
}
