#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "animalctl/image/augment.h"
#include "animalctl/model/preprocessing.h"
#include "compat/torch.h"
#include "train/frame_store.h"
#include "train/ordered_prefetch.h"

namespace animalctl {

// One step's worth of data, on the CPU. The tensors are overwritten by the next call of BatchSource::next().
struct Batch {
  torch::Tensor input;    // float32 [B, channels, height, width]
  torch::Tensor targets;  // float32 [B], the class number
  torch::Tensor weights;  // float32 [B], undefined without class weights
};

struct BatchSourceOptions {
  Preprocessing preprocessing;
  std::size_t batch_size = 1;
  std::vector<float> class_weights;               // one a class; empty: none
  std::optional<AugmentationRange> augmentation;  // the store then holds augmentation_preparation() images
  std::uint64_t seed = 0;                         // of the augmentation
  int threads = 1;                                // that augment ahead of the step
};

// Turns prepared images into batches in a given order. Without augmentation a batch costs a table look-up a
// value and is made on the caller's thread; with it, worker threads run ahead. What a batch holds depends on the
// order, the epoch and the seed alone. The store must outlive the source. Not thread-safe.
class BatchSource {
 public:
  BatchSource(const FrameStore& store, BatchSourceOptions options);

  // Starts over with `order` (indices into the store), skipping the first `first_batch` batches.
  void begin_epoch(int epoch, std::vector<std::int64_t> order, std::size_t first_batch);
  // Fills `batch`; false after the last one.
  bool next(Batch& batch);
  // Seconds that next() spent waiting for workers or filling, since begin_epoch().
  double seconds_waited() const { return seconds_waited_; }

 private:
  std::size_t batches() const;
  void fill_pixels(std::size_t batch, float* out) const;
  Batch view(std::size_t batch);

  const FrameStore& store_;
  const BatchSourceOptions options_;
  const Normaliser normaliser_;
  std::vector<std::int64_t> order_;
  int epoch_ = 0;
  std::size_t next_batch_ = 0;
  double seconds_waited_ = 0;
  torch::Tensor input_;
  torch::Tensor targets_;
  torch::Tensor weights_;
  std::unique_ptr<OrderedPrefetch<std::vector<float>>> prefetch_;
};

}  // namespace animalctl
