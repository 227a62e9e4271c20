#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compat/torch.h"
#include "train/ordered_prefetch.h"
#include "train/samples.h"

namespace animalctl {

// One step's worth of data, on the CPU. The tensors are overwritten by the next call of BatchSource::next().
struct Batch {
  torch::Tensor input;    // float32 [B, …the samples' shape]
  torch::Tensor targets;  // float32 [B], the class number
  torch::Tensor weights;  // float32 [B], undefined without class weights
};

struct BatchSourceOptions {
  std::size_t batch_size = 1;
  std::vector<float> class_weights;  // one a class; empty: none
  int threads = 1;                   // that read costly samples ahead of the step
  bool pinned = false;               // memory from which a GPU copies without waiting; needs CUDA
};

// Turns samples into batches in a given order. Cheap samples are read on the caller's thread, costly ones by worker
// threads that run ahead. What a batch holds depends on the order, the epoch and the samples alone. The samples must
// outlive the source. Not thread-safe.
class BatchSource {
 public:
  BatchSource(const Samples& samples, BatchSourceOptions options);

  // Starts over with `order` (indices into the samples), skipping the first `first_batch` batches.
  void begin_epoch(int epoch, std::vector<std::int64_t> order, std::size_t first_batch);
  // Fills `batch`; false after the last one.
  bool next(Batch& batch);
  // Seconds that next() spent waiting for workers or filling, since begin_epoch().
  double seconds_waited() const { return seconds_waited_; }

 private:
  std::size_t batches() const;
  void fill(std::size_t batch, float* out) const;
  Batch view(std::size_t batch);

  const Samples& samples_;
  const BatchSourceOptions options_;
  const std::size_t sample_size_;
  std::vector<std::int64_t> order_;
  int epoch_ = 0;
  std::size_t next_batch_ = 0;
  double seconds_waited_ = 0;
  torch::Tensor input_;
  torch::Tensor targets_;
  torch::Tensor weights_;
  std::unique_ptr<OrderedPrefetch<std::vector<float>>> prefetch_;  // last: its workers use the rest
};

}  // namespace animalctl
