#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "animalctl/image/image.h"
#include "animalctl/model/preprocessing.h"
#include "model/backbone_network.h"
#include "model/inference_plan.h"

namespace animalctl {

// Runs a frozen backbone over images. The features of an image depend on nothing but the image, so they can be kept.
// The network must be in eval mode on `device` and must not change while this lives. Thread-safe.
class FeatureExtractor {
 public:
  FeatureExtractor(std::shared_ptr<BackboneNetwork> network, const std::string& architecture,
                   const Preprocessing& preprocessing, torch::Device device, Precision precision);

  // Names all that features depend on besides the image:
  // <architecture>-<backbone digest>-<preparation>-<precision>. The key of cached features.
  const std::string& name() const { return name_; }
  std::size_t feature_size() const;
  // Most images of one call of extract(); calls with fewer cost the same.
  std::size_t batch_size() const;
  // Features of 1 to batch_size() images, row-major [images × feature_size()], as the bits of IEEE half floats.
  std::vector<std::uint16_t> extract(std::span<const ImageU8> images);
  // How the network is run, once extract() has been called.
  std::string description() const;

 private:
  const InferencePlan& plan();

  const std::shared_ptr<BackboneNetwork> network_;
  const Preprocessing preprocessing_;
  const Normaliser normaliser_;
  const torch::Device device_;
  const Precision precision_;
  std::string name_;
  std::once_flag planned_;
  std::optional<InferencePlan> plan_;  // made at the first image that needs it: a run with a full cache needs none
};

}  // namespace animalctl
