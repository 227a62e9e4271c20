#include "train/samples.h"

namespace animalctl {

void PixelSamples::read(std::size_t index, int /*epoch*/, std::span<float> out) const {
  normaliser_.apply({store_.records[index], preprocessing_.size()}, out);
}

AugmentedSamples::AugmentedSamples(const LabelledStore& store, const Preprocessing& preprocessing,
                                   AugmentationRange range, std::uint64_t seed)
    : store_(store),
      preprocessing_(preprocessing),
      kept_(augmentation_preparation(preprocessing)),
      range_(range),
      seed_(seed),
      normaliser_(preprocessing) {}

void AugmentedSamples::read(std::size_t index, int epoch, std::span<float> out) const {
  ImageU8 image{kept_.height, kept_.width, kept_.channels, {}};
  image.pixels.assign(store_.records[index], store_.records[index] + kept_.size());
  RandomStream random(seed_, "augment", static_cast<std::uint64_t>(epoch), index);
  const ImageU8 changed = augment(image, range_, random);
  normaliser_.apply(prepare(changed, preprocessing_), out);
}

}  // namespace animalctl
