#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "animalctl/image/augment.h"
#include "animalctl/model/preprocessing.h"
#include "train/frame_store.h"

namespace animalctl {

// The images of a labelled set as a network's input, one at a time. What a sample holds is a function of its index
// and the epoch alone. Immutable and thread-safe.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual const std::vector<int>& labels() const = 0;
  // Of one sample: {channels, height, width} or {features}.
  virtual std::vector<std::int64_t> shape() const = 0;
  // Writes sample `index` as it is in `epoch`, as many floats as the shape says.
  virtual void read(std::size_t index, int epoch, std::span<float> out) const = 0;
  // True when read() takes so long that worker threads should run ahead of the step.
  virtual bool costly() const { return false; }

  std::size_t size() const { return labels().size(); }
};

// Images as the model sees them. `store` holds model_preparation() records and outlives this.
class PixelSamples final : public Samples {
 public:
  PixelSamples(const LabelledStore& store, const Preprocessing& preprocessing)
      : store_(store), preprocessing_(preprocessing), normaliser_(preprocessing) {}
  const std::vector<int>& labels() const override { return store_.labels; }
  std::vector<std::int64_t> shape() const override {
    return {preprocessing_.channels, preprocessing_.height, preprocessing_.width};
  }
  void read(std::size_t index, int epoch, std::span<float> out) const override;

 private:
  const LabelledStore& store_;
  const Preprocessing preprocessing_;
  const Normaliser normaliser_;
};

// Images changed at random, anew in each epoch, at the size that `preprocessing` says. `store` holds records as `kept`
// makes them (augmentation_preparation()) and outlives this.
class AugmentedSamples final : public Samples {
 public:
  AugmentedSamples(const LabelledStore& store, const Preparation& kept, const Preprocessing& preprocessing,
                   AugmentationRange range, std::uint64_t seed);
  const std::vector<int>& labels() const override { return store_.labels; }
  std::vector<std::int64_t> shape() const override {
    return {preprocessing_.channels, preprocessing_.height, preprocessing_.width};
  }
  void read(std::size_t index, int epoch, std::span<float> out) const override;
  bool costly() const override { return true; }

 private:
  std::vector<std::uint8_t> changed(const ImageU8& image, RandomStream& random) const;

  const LabelledStore& store_;
  const Preprocessing preprocessing_;
  const Preparation kept_;
  const AugmentationRange range_;
  const std::uint64_t seed_;
  const Normaliser normaliser_;
};

}  // namespace animalctl
