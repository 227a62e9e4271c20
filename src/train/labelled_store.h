#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/progress.h"
#include "animalctl/dataset/labelled_set.h"
#include "train/record_cache.h"

namespace animalctl {

// What was made of the images of a labelled set, one record an image, all at hand in memory or mapped from the cache.
struct LabelledStore {
  std::vector<std::filesystem::path> frames;
  std::vector<int> labels;                   // class numbers
  std::vector<const std::uint8_t*> records;  // owned by `cache`
  std::vector<Digest> digests;               // SHA-256 of each encoded file
  std::size_t skipped = 0;                   // unlabelled, missing or undecodable; each was reported
  std::size_t made = 0;                      // records that were not in the cache
  Digest digest;                             // over contents and labels, in order
  std::shared_ptr<RecordCache> cache;

  std::size_t size() const { return frames.size(); }
};

struct LabelledStoreOptions {
  LabelledSetOptions labels;
  std::string name;  // "training", "validation", "test": for messages and progress
  int threads = 0;   // 0: one a core
};

// What became of one image.
struct StoreEntry {
  const std::uint8_t* record = nullptr;  // null when there was a failure
  Digest digest;
  bool made = false;
  std::optional<Error> failure;
};

// Puts a store together from the frames of `set` and what became of each. A frame that cannot be used is logged,
// counted and left out (labels.strict: thrown). Throws FailedPrecondition when nothing is left.
LabelledStore assemble_store(const LabelledSet& set, std::vector<StoreEntry> entries,
                             const LabelledStoreOptions& options, std::shared_ptr<RecordCache> cache);

}  // namespace animalctl
