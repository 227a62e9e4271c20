#include "train/samples.h"

#include "animalctl/image/transform.h"

namespace animalctl {

void PixelSamples::read(std::size_t index, int /*epoch*/, std::span<float> out) const {
  normaliser_.apply({store_.records[index], preprocessing_.size()}, out);
}

AugmentedSamples::AugmentedSamples(const LabelledStore& store, const Preparation& kept,
                                   const Preprocessing& preprocessing, AugmentationRange range, std::uint64_t seed)
    : store_(store),
      preprocessing_(preprocessing),
      kept_(kept),
      range_(range),
      seed_(seed),
      normaliser_(preprocessing) {}

void AugmentedSamples::read(std::size_t index, int epoch, std::span<float> out) const {
  ImageU8 image{kept_.height, kept_.width, kept_.channels, {}};
  image.pixels.assign(store_.records[index], store_.records[index] + kept_.size());
  RandomStream random(seed_, "augment", static_cast<std::uint64_t>(epoch), index);
  normaliser_.apply(changed(image, random), out);
}

// Parts are taken at their final size, so that they are resized once.
std::vector<std::uint8_t> AugmentedSamples::changed(const ImageU8& image, RandomStream& random) const {
  if (range_.min_area == 1) return prepare(augment(image, range_, random), preprocessing_);
  ImageU8 part = augment_part(image, range_, random, preprocessing_.width, preprocessing_.height);
  if (preprocessing_.channels == 1) part = to_grey(part);
  return std::move(part.pixels);
}

}  // namespace animalctl
