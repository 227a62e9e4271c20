#include "animalctl/model/serving_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>

#include "model/device.h"
#include "model/linear_runner.h"
#include "model/load_serving_model.h"
#include "model/network_runner.h"
#include "model/open_model.h"
#include "model/picture_preparer.h"
#include "model/runtime.h"

namespace animalctl {
namespace {

// Sides of a reduced picture are rounded up to whole pixels, which stretches it by up to one of them: a network that
// sees few pixels needs a finer picture for the same answer. Scores of animalnet on 40 photographs move by up to 0.023
// with four pixels for one of the network's, and by up to 0.015 with six.
constexpr int kFewPixels = 64;
constexpr int kFineDetail = 6;

// The seed's network sees 16 × 16 pixels, each the mean of a large area, and its answers are to equal the seed's: its
// JPEGs are decoded whole unless it is said otherwise. Other networks see enough pixels to need twice their number and
// no more.
PicturePreparer::Options preparer_options(const OpenModel& model, const ServingOptions& options) {
  PicturePreparer::Options chosen;
  chosen.limits = options.limits;
  chosen.quick = options.fast_decode;
  chosen.measure = options.measure;
  const Preprocessing& wanted = model.description.preprocessing;
  if (std::min(wanted.width, wanted.height) < kFewPixels) chosen.detail = kFineDetail;
  chosen.reduced = options.fast_decode || model.description.architecture != "animalnet";
  return chosen;
}

class LoadedServingModel final : public ServingModel {
 public:
  LoadedServingModel(const OpenModel& model, std::unique_ptr<ServingRunner> runner, const ServingOptions& options)
      : info_{model.description.architecture, model.description.classes, model.description.preprocessing.width,
              model.description.preprocessing.height},
        preprocessing_(model.description.preprocessing),
        preparer_(preprocessing_, preparer_options(model, options)),
        runner_(std::move(runner)),
        output_size_(info_.classes.size() == 2 ? 1 : info_.classes.size()) {}

  const ModelInfo& info() const override { return info_; }
  const Preprocessing& preprocessing() const override { return preprocessing_; }
  std::string plan() const override { return runner_->description(); }
  int best_batch() const override { return runner_->best_batch(); }
  std::size_t input_size() const override { return preprocessing_.size(); }
  std::size_t output_size() const override { return output_size_; }
  std::size_t projection_size() const override { return runner_->projection_size(); }

  Result<PictureFacts> prepare(std::span<const std::byte> encoded, std::span<float> input) const override {
    return preparer_.prepare(encoded, input);
  }
  void prepare(const ImageU8& image, std::span<float> input) const override { preparer_.prepare(image, input); }

  void run(std::span<const float* const> inputs, std::span<float> outputs) const override {
    guard_torch([&] { runner_->run(inputs, outputs); });
  }

 private:
  const ModelInfo info_;
  const Preprocessing preprocessing_;
  const PicturePreparer preparer_;
  const std::unique_ptr<ServingRunner> runner_;
  const std::size_t output_size_;
};

}  // namespace

std::unique_ptr<ServingModel> load_serving_model(const ServingOptions& options) {
  if (options.max_batch < 1 || options.max_batch > kMostInBatch) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("a batch of {} images is not in 1..{}", options.max_batch, kMostInBatch));
  }
  static std::once_flag once;
  std::call_once(once, keep_little_memory);
  const torch::Device device = resolve_device(options.model.device);
  const OpenModel model = open_model(options.model.model, options.model.script);
  std::unique_ptr<ServingRunner> runner;
  if (device.is_cpu() && options.model.precision != Precision::Bf16) {
    runner = make_linear_runner(model, options.max_batch);
  }
  if (!runner) runner = make_network_runner(model, options.max_batch, options.model.precision, device);
  return std::make_unique<LoadedServingModel>(model, std::move(runner), options);
}

}  // namespace animalctl
