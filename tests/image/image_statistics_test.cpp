#include "animalctl/image/image_statistics.h"

#include <cmath>

#include "animalctl/base/random.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::require_error;

ImageU8 filled(int width, int height, std::vector<std::uint8_t> pixel) {
  ImageU8 image{height, width, static_cast<int>(pixel.size()), {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), pixel.begin(), pixel.end());
  return image;
}

// Every pixel black or white in turn, in both directions.
ImageU8 chequered(int width, int height) {
  ImageU8 image = filled(width, height, {0, 0, 0});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if ((x + y) % 2 == 0) continue;
      for (int c = 0; c < 3; ++c) image.pixels[static_cast<std::size_t>((y * width + x) * 3 + c)] = 255;
    }
  }
  return image;
}

}  // namespace

TEST_CASE("an image of one colour has that colour's brightness and saturation, no contrast and no sharpness",
          "[image]") {
  const ImageStatistics white = measure_image(filled(100, 50, {255, 255, 255}));
  CHECK(white.brightness == Approx(1.0));
  CHECK(white.contrast == Approx(0.0).margin(1e-6));
  CHECK(white.saturation == 0.0);
  CHECK(white.sharpness == 0.0);
  const ImageStatistics red = measure_image(filled(3, 3, {200, 0, 50}));
  CHECK(red.brightness == Approx((0.299 * 200 + 0.114 * 50) / 255));
  CHECK(red.saturation == Approx(1.0));
  const ImageStatistics pale = measure_image(filled(7, 200, {200, 100, 150}));
  CHECK(pale.saturation == Approx(0.5));
  CHECK(measure_image(filled(5, 5, {0, 0, 0})).saturation == 0.0);
}

TEST_CASE("a grey image has no saturation, and its luma is its level", "[image]") {
  const ImageStatistics grey = measure_image(filled(640, 480, {102}));
  CHECK(grey.brightness == Approx(0.4));
  CHECK_FALSE(grey.saturation);
}

TEST_CASE("black beside white: contrast one half, and the sharpest there is", "[image]") {
  // All pixels are looked at: 128 of 256 are white, each Laplacian is plus or minus four times 255.
  const ImageStatistics sharp = measure_image(chequered(16, 16));
  CHECK(sharp.brightness == Approx(0.5));
  CHECK(sharp.contrast == Approx(0.5));
  CHECK(sharp.sharpness == Approx(1020.0 * 1020.0).epsilon(0.01));
}

TEST_CASE("the points that are looked at are spread over the whole image", "[image]") {
  ImageU8 image = filled(1000, 600, {0, 0, 0});
  for (std::size_t i = image.pixels.size() / 2; i < image.pixels.size(); ++i) image.pixels[i] = 255;
  CHECK(measure_image(image).brightness == Approx(0.5));
  ImageU8 noise = filled(1000, 600, {0});
  RandomStream random(1, "noise");
  for (std::uint8_t& pixel : noise.pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  const ImageStatistics measured = measure_image(noise);
  CHECK(measured.brightness == Approx(0.5).margin(0.06));
  CHECK(measured.contrast == Approx(std::sqrt(1.0 / 12)).margin(0.04));
  // Of independent pixels the Laplacian's variance is (16 + 4) times theirs.
  CHECK(measured.sharpness == Approx(20 * 255.0 * 255.0 / 12).epsilon(0.25));
}

TEST_CASE("a blurred image is less sharp, a darker one less bright", "[image]") {
  const ImageU8 sharp = chequered(15, 15);  // all pixels are looked at
  ImageU8 dark = sharp;
  for (std::uint8_t& pixel : dark.pixels) pixel = static_cast<std::uint8_t>(pixel / 2);
  CHECK(measure_image(dark).brightness < 0.6 * measure_image(sharp).brightness);
  ImageU8 blurred = sharp;
  for (std::size_t i = 3; i < blurred.pixels.size(); ++i) {
    blurred.pixels[i] = static_cast<std::uint8_t>((sharp.pixels[i] + sharp.pixels[i - 3]) / 2);
  }
  CHECK(measure_image(blurred).sharpness < 0.2 * measure_image(sharp).sharpness);
}

TEST_CASE("an image of a pixel is measured, one without pixels or with two channels is refused", "[image]") {
  CHECK(measure_image(filled(1, 1, {255})).brightness == Approx(1.0));
  CHECK(measure_image(filled(2, 9, {255})).sharpness == 0.0);
  require_error(ErrorCode::InvalidArgument, "cannot be measured", [] { measure_image(ImageU8{}); });
  require_error(ErrorCode::InvalidArgument, "2 channels", [] { measure_image(filled(4, 4, {1, 2})); });
  ImageU8 cut = filled(4, 4, {1, 2, 3});
  cut.pixels.pop_back();
  require_error(ErrorCode::InvalidArgument, "47 bytes", [&] { measure_image(cut); });
}

}  // namespace animalctl
