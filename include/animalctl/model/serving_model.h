#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "animalctl/base/error.h"
#include "animalctl/base/result.h"
#include "animalctl/image/image_statistics.h"
#include "animalctl/image/limits.h"
#include "animalctl/model/predictor.h"
#include "animalctl/model/preprocessing.h"

namespace animalctl {

struct ServingOptions {
  PredictorOptions model;
  int max_batch = 1;         // images of one run() at most
  bool fast_decode = false;  // JPEGs are decoded at 1/2, 1/4 or 1/8 where the model sees less: quicker, not bit-equal
  bool measure = false;      // pictures are measured when they are decoded (image/image_statistics.h)
  DecodeLimits limits;
};

// What is known of a picture once it is decoded.
struct PictureFacts {
  int width = 0;   // pixels, as it was sent, turned as EXIF says
  int height = 0;  // pixels
  // Of the decoded pixels, which may be a half, a quarter or an eighth of the picture; with ServingOptions::measure.
  std::optional<ImageStatistics> statistics = std::nullopt;
};

// A model loaded to answer many requests: an image is prepared on the thread of its request, a batch is run on a
// worker. Immutable; every method is thread-safe and uses the calling thread only.
class ServingModel {
 public:
  virtual ~ServingModel() = default;
  virtual const ModelInfo& info() const = 0;
  virtual const Preprocessing& preprocessing() const = 0;
  // How it is run, for logs and the describe answer, e.g. "compiled bf16 channels-last, 412 images/s".
  virtual std::string plan() const = 0;

  // Images that are worth running together, 1..max_batch: with more, each one takes longer.
  virtual int best_batch() const = 0;

  // Floats of one prepared image: channels × height × width, normalised, in this order.
  virtual std::size_t input_size() const = 0;
  // Probabilities of one image: 1 with two classes (that of classes[1]), else one a class, adding to 1.
  virtual std::size_t output_size() const = 0;
  // Numbers that stand for what the network saw in an image, the projection of its features: 0 for a network without.
  // Only distances between those of one model mean something: they tell when pictures are of another kind than before.
  virtual std::size_t projection_size() const { return 0; }
  // Floats of one image in the output of run().
  std::size_t row_size() const { return output_size() + projection_size(); }

  // Decodes an encoded picture into `input` (input_size() floats). Errors: those of decode_image().
  virtual Result<PictureFacts> prepare(std::span<const std::byte> encoded, std::span<float> input) const = 0;
  // Preprocesses pixels that are decoded already: `image` has 1 or 3 channels. Throws InvalidArgument.
  virtual void prepare(const ImageU8& image, std::span<float> input) const = 0;
  // Runs 1..max_batch prepared images at once: `outputs` has inputs.size() · row_size() floats, of each image the
  // probabilities, then the projection. Throws Internal when the network gives probabilities that are not finite.
  virtual void run(std::span<const float* const> inputs, std::span<float> outputs) const = 0;
};

}  // namespace animalctl
