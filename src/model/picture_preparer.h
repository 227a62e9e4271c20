#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "animalctl/image/decode.h"
#include "animalctl/model/preprocessing.h"
#include "animalctl/model/serving_model.h"

namespace animalctl {

// From a picture as it was sent to a network's input. Thread-safe; uses the calling thread only.
class PicturePreparer {
 public:
  // `reduced`: JPEGs may be decoded at less than their size (image/decode.h) while at least `detail` times as large as
  // the network's input in each direction.
  struct Options {
    DecodeLimits limits;
    bool reduced = false;
    int detail = 2;
    bool measure = false;  // PictureFacts::statistics
    bool quick = false;    // ReducedDecoding::quick, and one channel where the network sees one
  };
  PicturePreparer(const Preprocessing& preprocessing, const Options& options);

  Result<PictureFacts> prepare(std::span<const std::byte> encoded, std::span<float> input) const;
  void prepare(const ImageU8& image, std::span<float> input) const;

 private:
  // Memory of one decoding, used again: there are as many as pictures are decoded at the same time.
  class Scratch;

  const Preprocessing preprocessing_;
  const Normaliser normaliser_;
  const DecodeLimits limits_;
  const bool measure_;
  ReducedDecoding how_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<DecodedImage>> free_;  // guarded by mutex_
};

}  // namespace animalctl
