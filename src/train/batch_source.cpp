#include "train/batch_source.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace animalctl {

BatchSource::BatchSource(const FrameStore& store, BatchSourceOptions options)
    : store_(store), options_(std::move(options)), normaliser_(options_.preprocessing) {
  const Preprocessing& size = options_.preprocessing;
  const auto capacity = static_cast<std::int64_t>(std::min(options_.batch_size, store_.size()));
  input_ = torch::empty({capacity, size.channels, size.height, size.width});
  targets_ = torch::empty({capacity});
  if (!options_.class_weights.empty()) weights_ = torch::empty({capacity});
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
  if (!options_.augmentation || first_batch >= batches()) return;
  const auto make = [this, first_batch](std::size_t i) {
    const std::size_t batch = first_batch + i;
    const std::size_t count = std::min(options_.batch_size, order_.size() - batch * options_.batch_size);
    std::vector<float> pixels(count * options_.preprocessing.size());
    fill_pixels(batch, pixels.data());
    return pixels;
  };
  prefetch_ = std::make_unique<OrderedPrefetch<std::vector<float>>>(
      batches() - first_batch, options_.threads, static_cast<std::size_t>(2 * options_.threads + 2), make);
}

void BatchSource::fill_pixels(std::size_t batch, float* out) const {
  const std::size_t size = options_.preprocessing.size();
  const std::size_t begin = batch * options_.batch_size;
  const std::size_t end = std::min(order_.size(), begin + options_.batch_size);
  for (std::size_t i = begin; i < end; ++i, out += size) {
    const auto index = static_cast<std::size_t>(order_[i]);
    if (!options_.augmentation) {
      normaliser_.apply({store_.pixels[index], size}, {out, size});
      continue;
    }
    const Preparation kept = augmentation_preparation(options_.preprocessing);
    ImageU8 image{kept.height, kept.width, kept.channels, {}};
    image.pixels.assign(store_.pixels[index], store_.pixels[index] + kept.size());
    RandomStream random(options_.seed, "augment", static_cast<std::uint64_t>(epoch_), index);
    const ImageU8 changed = augment(image, *options_.augmentation, random);
    normaliser_.apply(prepare(changed, options_.preprocessing), {out, size});
  }
}

Batch BatchSource::view(std::size_t batch) {
  const std::size_t begin = batch * options_.batch_size;
  const std::size_t count = std::min(options_.batch_size, order_.size() - begin);
  auto* const targets = targets_.data_ptr<float>();
  auto* const weights = weights_.defined() ? weights_.data_ptr<float>() : nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const int label = store_.labels[static_cast<std::size_t>(order_[begin + i])];
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
    const std::optional<std::vector<float>> pixels = prefetch_->next();
    std::memcpy(input_.data_ptr<float>(), pixels->data(), pixels->size() * sizeof(float));
  } else {
    fill_pixels(next_batch_, input_.data_ptr<float>());
  }
  batch = view(next_batch_++);
  seconds_waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return true;
}

}  // namespace animalctl
