#include "model/picture_preparer.h"

#include <cmath>
#include <utility>

namespace animalctl {
namespace {

// Memory of greater pictures is given back: it would be kept for the rare one.
constexpr std::size_t kKeptBytes = std::size_t{8} << 20;

ReducedDecoding reduction_for(const Preprocessing& preprocessing, const PicturePreparer::Options& options) {
  ReducedDecoding how;
  how.quick = options.quick;
  how.grey = options.quick && preprocessing.channels == 1;
  if (!options.reduced) return how;
  const double share = preprocessing.fit == Fit::Centre ? preprocessing.centre_share : 1;
  const auto wanted = [&](int side) { return static_cast<int>(std::ceil(options.detail * side / share)); };
  how.min_width = wanted(preprocessing.width);
  how.min_height = wanted(preprocessing.height);
  return how;
}

PictureFacts facts_of(const ImageHeader& header) {
  const bool turned = applies_orientation(header) && header.exif_orientation >= 5;
  return turned ? PictureFacts{header.height, header.width} : PictureFacts{header.width, header.height};
}

}  // namespace

class PicturePreparer::Scratch {
 public:
  explicit Scratch(const PicturePreparer& owner) : owner_(owner) {
    const std::lock_guard lock(owner.mutex_);
    if (!owner.free_.empty()) {
      image_ = std::move(owner.free_.back());
      owner.free_.pop_back();
    }
  }
  ~Scratch() {
    if (!image_ || image_->image.pixels.capacity() > kKeptBytes) return;
    try {
      const std::lock_guard lock(owner_.mutex_);
      owner_.free_.push_back(std::move(image_));
    } catch (const std::bad_alloc&) {
      // It is freed instead.
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  DecodedImage& image() {
    if (!image_) image_ = std::make_unique<DecodedImage>();
    return *image_;
  }

 private:
  const PicturePreparer& owner_;
  std::unique_ptr<DecodedImage> image_;
};

PicturePreparer::PicturePreparer(const Preprocessing& preprocessing, const Options& options)
    : preprocessing_(preprocessing),
      normaliser_(preprocessing),
      limits_(options.limits),
      measure_(options.measure),
      how_(reduction_for(preprocessing, options)) {}

Result<PictureFacts> PicturePreparer::prepare(std::span<const std::byte> encoded, std::span<float> input) const {
  Scratch scratch(*this);
  DecodedImage& decoded = scratch.image();
  if (auto failure = decode_image_reduced(encoded, how_, limits_, decoded)) return std::move(*failure);
  prepare(decoded.image, input);
  PictureFacts facts = facts_of(decoded.header);
  if (measure_) facts.statistics = measure_image(decoded.image);
  return facts;
}

void PicturePreparer::prepare(const ImageU8& image, std::span<float> input) const {
  normaliser_.apply(animalctl::prepare(image, preprocessing_), input);
}

}  // namespace animalctl
