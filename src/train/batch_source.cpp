#include "train/batch_source.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace animalctl {
namespace {

std::size_t size_of(const std::vector<std::int64_t>& shape) {
  std::size_t size = 1;
  for (const std::int64_t side : shape) size *= static_cast<std::size_t>(side);
  return size;
}

}  // namespace

BatchSource::BatchSource(const Samples& samples, BatchSourceOptions options)
    : samples_(samples), options_(std::move(options)), sample_size_(size_of(samples.shape())) {
  const auto capacity = static_cast<std::int64_t>(std::min(options_.batch_size, samples_.size()));
  std::vector<std::int64_t> shape = samples_.shape();
  shape.insert(shape.begin(), capacity);
  const auto memory = torch::TensorOptions().pinned_memory(options_.pinned);
  input_ = torch::empty(shape, memory);
  targets_ = torch::empty({capacity}, memory);
  if (!options_.class_weights.empty()) weights_ = torch::empty({capacity}, memory);
}

std::size_t BatchSource::batches() const {
  return (order_.size() + options_.batch_size - 1) / options_.batch_size;
}

void BatchSource::begin_epoch(int epoch, std::vector<std::int64_t> order, std::size_t first_batch) {
  prefetch_.reset();
  order_ = std::move(order);
  epoch_ = epoch;
  next_batch_ = first_batch;
  seconds_waited_ = 0;
  if (!samples_.costly() || first_batch >= batches()) return;
  const auto make = [this, first_batch](std::size_t i) {
    const std::size_t batch = first_batch + i;
    const std::size_t count = std::min(options_.batch_size, order_.size() - batch * options_.batch_size);
    std::vector<float> values(count * sample_size_);
    fill(batch, values.data());
    return values;
  };
  prefetch_ = std::make_unique<OrderedPrefetch<std::vector<float>>>(
      batches() - first_batch, options_.threads, static_cast<std::size_t>(2 * options_.threads + 2), make);
}

void BatchSource::fill(std::size_t batch, float* out) const {
  const std::size_t begin = batch * options_.batch_size;
  const std::size_t end = std::min(order_.size(), begin + options_.batch_size);
  for (std::size_t i = begin; i < end; ++i, out += sample_size_) {
    samples_.read(static_cast<std::size_t>(order_[i]), epoch_, {out, sample_size_});
  }
}

Batch BatchSource::view(std::size_t batch) {
  const std::size_t begin = batch * options_.batch_size;
  const std::size_t count = std::min(options_.batch_size, order_.size() - begin);
  auto* const targets = targets_.data_ptr<float>();
  auto* const weights = weights_.defined() ? weights_.data_ptr<float>() : nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const int label = samples_.labels()[static_cast<std::size_t>(order_[begin + i])];
    targets[i] = static_cast<float>(label);
    if (weights != nullptr) weights[i] = options_.class_weights[static_cast<std::size_t>(label)];
  }
  const auto size = static_cast<std::int64_t>(count);
  if (size == input_.size(0)) return {input_, targets_, weights_};
  return {input_.narrow(0, 0, size), targets_.narrow(0, 0, size),
          weights_.defined() ? weights_.narrow(0, 0, size) : torch::Tensor()};
}

bool BatchSource::next(Batch& batch) {
  if (next_batch_ >= batches()) return false;
  const auto started = std::chrono::steady_clock::now();
  if (prefetch_) {
    const std::optional<std::vector<float>> values = prefetch_->next();
    std::memcpy(input_.data_ptr<float>(), values->data(), values->size() * sizeof(float));
  } else {
    fill(next_batch_, input_.data_ptr<float>());
  }
  batch = view(next_batch_++);
  seconds_waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return true;
}

}  // namespace animalctl
