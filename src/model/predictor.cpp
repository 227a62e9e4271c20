#include "animalctl/model/predictor.h"

#include "animalctl/model/preprocessing.h"
#include "model/device.h"
#include "model/load_predictor.h"
#include "model/open_model.h"

namespace animalctl {
namespace {

class NetworkPredictor final : public Predictor {
 public:
  NetworkPredictor(OpenModel model, torch::Device device)
      : info_{model.description.architecture, model.description.classes, model.description.preprocessing.width,
              model.description.preprocessing.height},
        preprocessing_(model.description.preprocessing),
        normaliser_(preprocessing_),
        network_(std::move(model.network)),
        device_(device) {
    network_->to(device_);
  }

  const ModelInfo& info() const override { return info_; }

  std::vector<float> predict(std::span<const ImageU8> images) const override {
    if (images.empty()) return {};
    const c10::InferenceMode inference;
    const std::size_t size = preprocessing_.size();
    torch::Tensor input = torch::empty({static_cast<std::int64_t>(images.size()), preprocessing_.channels,
                                        preprocessing_.height, preprocessing_.width});
    for (std::size_t i = 0; i < images.size(); ++i) {
      normaliser_.apply(prepare(images[i], preprocessing_), {input.data_ptr<float>() + i * size, size});
    }
    const torch::Tensor scores = network_->probabilities(input.to(device_)).to(torch::kCPU).contiguous();
    return {scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel()};
  }

 private:
  ModelInfo info_;
  Preprocessing preprocessing_;
  Normaliser normaliser_;
  std::shared_ptr<Network> network_;
  torch::Device device_;
};

}  // namespace

std::unique_ptr<Predictor> load_predictor(const PredictorOptions& options) {
  const torch::Device device = resolve_device(options.device);
  return std::make_unique<NetworkPredictor>(open_model(options.model, options.script), device);
}

}  // namespace animalctl
