#include "animalctl/model/preprocessing.h"

#include <fmt/core.h>

#include "animalctl/image/transform.h"

namespace animalctl {

std::string Preprocessing::preparation_name() const {
  const std::string fitted = fit == Fit::Stretch ? "area" : fmt::format("centre{:.0f}", centre_share * 1000);
  return fmt::format("{}-{}x{}-{}-v1", fitted, width, height, channels == 1 ? "grey" : "rgb");
}

std::vector<std::uint8_t> prepare(const ImageU8& image, const Preprocessing& preprocessing) {
  ImageU8 resized = preprocessing.fit == Fit::Stretch
                        ? resize_area(image, preprocessing.width, preprocessing.height)
                        : resize_centre(image, preprocessing.width, preprocessing.height, preprocessing.centre_share);
  if (preprocessing.channels == 1) resized = to_grey(resized);
  return std::move(resized.pixels);
}

Normaliser::Normaliser(const Preprocessing& preprocessing)
    : pixels_(static_cast<std::size_t>(preprocessing.width) * static_cast<std::size_t>(preprocessing.height)),
      channels_(static_cast<std::size_t>(preprocessing.channels)),
      table_(channels_) {
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    for (std::size_t value = 0; value < 256; ++value) {
      // float32 throughout and in this order: torchvision's ToTensor, then Normalize.
      const float unit = static_cast<float>(value) / 255.0F;
      table_[channel][value] = (unit - preprocessing.mean[channel]) / preprocessing.std[channel];
    }
  }
}

void Normaliser::apply(std::span<const std::uint8_t> prepared, std::span<float> out) const {
  if (channels_ == 1) {
    const std::array<float, 256>& table = table_.front();
    for (std::size_t i = 0; i < pixels_; ++i) out[i] = table[prepared[i]];
    return;
  }
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    const std::array<float, 256>& table = table_[channel];
    for (std::size_t i = 0; i < pixels_; ++i) out[channel * pixels_ + i] = table[prepared[i * channels_ + channel]];
  }
}

}  // namespace animalctl
