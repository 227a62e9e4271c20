#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/image/augment.h"
#include "model/feature_extractor.h"
#include "train/labelled_store.h"
#include "train/samples.h"

namespace animalctl {

// Changed views of each image whose features are kept beside those of the image as it is.
struct ViewOptions {
  int count = 0;     // ≥ 0, not counting the image itself
  std::string name;  // of the range, part of the cache's key
  AugmentationRange range;
  std::uint64_t seed = 0;
};

// The features of a labelled set. store.records are those of the images as they are (half floats).
struct FeatureSet {
  LabelledStore store;
  std::vector<std::vector<const std::uint8_t*>> views;  // [view][image], the same of the changed views
  std::size_t feature_size = 0;
  std::size_t computed = 0;  // features that were not in the cache, views included
};

std::shared_ptr<RecordCache> open_feature_cache(const std::filesystem::path& folder, const FeatureExtractor& extractor);

// Computes what is not in the cache, in parallel, one core a batch. Failures as load_frames().
FeatureSet load_features(const LabelledStoreOptions& options, FeatureExtractor& extractor,
                         std::shared_ptr<RecordCache> cache, const ViewOptions& views, ProgressSink& progress,
                         const std::stop_token& stop);

// Features as a head's input. With views, each epoch takes one of an image's views at random. `set` outlives this.
class FeatureSamples final : public Samples {
 public:
  FeatureSamples(const FeatureSet& set, std::uint64_t seed) : set_(set), seed_(seed) {}
  const std::vector<int>& labels() const override { return set_.store.labels; }
  std::vector<std::int64_t> shape() const override { return {static_cast<std::int64_t>(set_.feature_size)}; }
  void read(std::size_t index, int epoch, std::span<float> out) const override;

 private:
  const FeatureSet& set_;
  const std::uint64_t seed_;
};

}  // namespace animalctl
