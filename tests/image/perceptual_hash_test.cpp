#include "animalctl/image/perceptual_hash.h"

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "animalctl/image/transform.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

ImageU8 flat(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  ImageU8 image{64, 64, 3, {}};
  for (int i = 0; i < 64 * 64; ++i) image.pixels.insert(image.pixels.end(), {red, green, blue});
  return image;
}

// Columns from `left` to `right`, evenly.
ImageU8 ramp(int left, int right) {
  ImageU8 image{64, 64, 1, {}};
  for (int i = 0; i < 64 * 64; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(left + (right - left) * (i % 64) / 63));
  }
  return image;
}

}  // namespace

TEST_CASE("A picture saved again, resized or made grey is a near-duplicate", "[image]") {
  for (std::uint64_t index = 0; index < 30; ++index) {
    INFO("picture " << index);
    const ImageU8 picture = draw_demo_animal(index % 2 == 0, 11, index);
    const std::uint64_t hash = perceptual_hash(picture);
    const auto near = [hash](const ImageU8& other) {
      return hamming_distance(hash, perceptual_hash(other)) <= kNearDuplicateDistance;
    };
    CHECK(near(decode_image(encode_jpeg(picture, 60)).value()));
    CHECK(near(resize_area(picture, 100, 100)));
    CHECK(near(resize_area(picture, 320, 320)));
    CHECK(near(resize_area(picture, 160, 200)));
  }
}

TEST_CASE("Different pictures are no near-duplicates", "[image]") {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t index = 0; index < 200; ++index) {
    hashes.push_back(perceptual_hash(draw_demo_animal(index % 2 == 0, 12, index)));
  }
  CHECK(near_duplicate_pairs(hashes, kNearDuplicateDistance).empty());
}

TEST_CASE("Flat pictures are alike only when their colour is", "[image]") {
  const std::vector<std::uint64_t> hashes{perceptual_hash(flat(255, 255, 255)), perceptual_hash(flat(0, 0, 0)),
                                          perceptual_hash(flat(255, 0, 0)),     perceptual_hash(flat(0, 0, 255)),
                                          perceptual_hash(flat(90, 90, 90)),    perceptual_hash(flat(128, 128, 128))};
  CHECK(near_duplicate_pairs(hashes, 2 * kNearDuplicateDistance).empty());
  CHECK(perceptual_hash(flat(200, 100, 50)) == perceptual_hash(flat(200, 100, 50)));
  CHECK(perceptual_hash(flat(204, 100, 52)) == perceptual_hash(decode_image(encode_jpeg(flat(204, 100, 52))).value()));
}

TEST_CASE("Plain ramps of different brightness are no near-duplicates", "[image]") {
  const auto distance = [](const ImageU8& a, const ImageU8& b) {
    return hamming_distance(perceptual_hash(a), perceptual_hash(b));
  };
  CHECK(distance(ramp(0, 100), ramp(150, 250)) > kNearDuplicateDistance);
  CHECK(distance(ramp(0, 100), ramp(100, 0)) >= 1);
  CHECK(distance(ramp(0, 100), ramp(0, 100)) == 0);
}

TEST_CASE("An empty image has no perceptual hash", "[image]") {
  test::require_error(ErrorCode::InvalidArgument, "cannot hash", [] { (void)perceptual_hash(ImageU8{}); });
}

TEST_CASE("The photographs' near-duplicates are found", "[image]") {
  if (!test::shared_data_present("data/cats_and_dogs/frames")) return;
  const auto hash = [](const char* name) {
    return perceptual_hash(
        decode_image(read_file(test::shared_path(std::string("data/cats_and_dogs/frames/") + name))).value());
  };
  CHECK(hamming_distance(hash("cat.2565.jpg"), hash("cat.3565.jpg")) <= kNearDuplicateDistance);
  CHECK(hamming_distance(hash("dog.1273.jpg"), hash("dog.980.jpg")) <= kNearDuplicateDistance);
  CHECK(hamming_distance(hash("cat.2413.jpg"), hash("dog.334.jpg")) > kNearDuplicateDistance);
}

}  // namespace animalctl
