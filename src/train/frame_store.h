#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/image/image.h"
#include "animalctl/model/preprocessing.h"
#include "train/labelled_store.h"

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
// RGB and larger than the model's size, so that there is something left to augment: what the model sees at the least,
// a third more where that stays within 256 pixels.
Preparation augmentation_preparation(const Preprocessing& preprocessing);

// The cache of images so prepared; an empty folder: in memory.
std::shared_ptr<RecordCache> open_frame_cache(const std::filesystem::path& folder, const Preparation& preparation);

// Reads and prepares every frame of a set, in parallel: the records are Preparation::size() pixels. A frame that cannot
// be used is logged, counted and left out (labels.strict: thrown). Throws Cancelled on a stop request,
// FailedPrecondition when nothing is left.
LabelledStore load_frames(const LabelledStoreOptions& options, const Preparation& preparation,
                          std::shared_ptr<RecordCache> cache, ProgressSink& progress, const std::stop_token& stop);

}  // namespace animalctl
