#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/base/progress.h"
#include "animalctl/dataset/labelled_set.h"
#include "animalctl/image/image.h"
#include "animalctl/model/preprocessing.h"
#include "train/prepared_cache.h"

namespace animalctl {

// What is made of a decoded image before it is kept: a name (the cache's key), a size, a function.
struct Preparation {
  std::string name;
  int width = 0;
  int height = 0;
  int channels = 0;
  std::function<std::vector<std::uint8_t>(const ImageU8&)> apply;

  std::size_t size() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels);
  }
};

// The model's own preprocessing, for everything but augmented training.
Preparation model_preparation(const Preprocessing& preprocessing);
// RGB, four times the model's size (64 to 256 a side), so that there is something left to augment.
Preparation augmentation_preparation(const Preprocessing& preprocessing);

// The prepared images of a labelled set, all at hand in memory or mapped from the cache.
struct FrameStore {
  std::vector<std::filesystem::path> frames;
  std::vector<int> labels;                  // class numbers
  std::vector<const std::uint8_t*> pixels;  // Preparation::size() values each; owned by `cache`
  std::size_t skipped = 0;                  // unlabelled, missing or undecodable; each was reported
  std::size_t decoded = 0;                  // those that were not in the cache
  Digest digest;                            // over contents and labels, in order
  std::shared_ptr<PreparedCache> cache;

  std::size_t size() const { return frames.size(); }
};

struct FrameStoreOptions {
  LabelledSetOptions labels;
  std::string name;  // "train", "validation", "test": for messages and progress
  int threads = 0;   // 0: one a core
};

// Reads and prepares every frame of a set, in parallel. A frame that cannot be used is logged, counted and left
// out (labels.strict: thrown). Throws Cancelled on a stop request, FailedPrecondition when nothing is left.
FrameStore load_frames(const FrameStoreOptions& options, const Preparation& preparation,
                       std::shared_ptr<PreparedCache> cache, ProgressSink& progress, const std::stop_token& stop);

}  // namespace animalctl
