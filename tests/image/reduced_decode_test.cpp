#include <opencv2/core.hpp>

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "animalctl/image/transform.h"
#include "image/file_builder.h"
#include "image/opencv_bridge.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using namespace test;

// Differences of a picture at two sizes, brought to one: a smooth picture keeps its look.
constexpr double kSameLook = 6;

DecodedImage reduced(std::span<const std::byte> file, const ReducedDecoding& how) {
  DecodedImage decoded;
  const auto failure = decode_image_reduced(file, how, {}, decoded);
  INFO((failure ? failure->message() : std::string()));
  REQUIRE_FALSE(failure);
  return decoded;
}

ReducedDecoding at_least(int width, int height) {
  ReducedDecoding how;
  how.min_width = width;
  how.min_height = height;
  return how;
}

double difference(const ImageU8& a, const ImageU8& b) {
  const ImageU8 small_a = resize_area(a, 12, 12);
  const ImageU8 small_b = resize_area(b, 12, 12);
  return cv::norm(image::view_of(small_a), image::view_of(small_b), cv::NORM_L1) / 432;
}

Bytes wide_jpeg() {
  return encode_jpeg(resize_area(draw_demo_animal(true, 5, 6, 401), 403, 201), 95);
}

}  // namespace

TEST_CASE("A JPEG is reduced to the smallest of its halves that is large enough", "[image]") {
  const Bytes file = wide_jpeg();
  const ImageU8 whole = decode_image(file).value();
  struct Case {
    int min_width, min_height, width, height;
  };
  // Sides are rounded up, as libjpeg does; whether they are large enough is judged by what is there in full.
  for (const Case& wanted : {Case{40, 20, 51, 26},
                             {50, 25, 51, 26},
                             {51, 20, 101, 51},
                             {100, 50, 101, 51},
                             {40, 51, 202, 101},
                             {201, 100, 202, 101},
                             {202, 1, 403, 201},
                             {5000, 5000, 403, 201}}) {
    INFO(wanted.min_width << " x " << wanted.min_height);
    const DecodedImage decoded = reduced(file, at_least(wanted.min_width, wanted.min_height));
    CHECK(decoded.image.width == wanted.width);
    CHECK(decoded.image.height == wanted.height);
    CHECK(decoded.image.channels == 3);
    CHECK(decoded.header.width == 403);
    CHECK(decoded.header.height == 201);
    CHECK(difference(decoded.image, whole) < kSameLook);
    if (wanted.width == 403) CHECK(decoded.image.pixels == whole.pixels);
  }
}

TEST_CASE("Without a smallest size a JPEG is decoded whole, bit for bit", "[image]") {
  const Bytes file = wide_jpeg();
  for (const ReducedDecoding& how : {ReducedDecoding{}, at_least(0, 10), at_least(10, 0)}) {
    CHECK(reduced(file, how).image.pixels == decode_image(file).value().pixels);
  }
}

TEST_CASE("The smallest size is that of the picture as it is seen", "[image]") {
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation " << orientation);
    const Bytes file = with_exif(wide_jpeg(), orientation);
    const ImageU8 whole = decode_image(file).value();
    const bool on_its_side = orientation >= 5;
    CHECK(whole.width == (on_its_side ? 201 : 403));
    // 100 × 50 is a quarter of the picture on its side, or of the one that lies.
    const DecodedImage decoded = reduced(file, on_its_side ? at_least(50, 100) : at_least(100, 50));
    CHECK(decoded.image.width == (on_its_side ? 51 : 101));
    CHECK(decoded.image.height == (on_its_side ? 101 : 51));
    CHECK(difference(decoded.image, whole) < kSameLook);
    // The other way round only a half is large enough.
    const DecodedImage half = reduced(file, on_its_side ? at_least(100, 50) : at_least(50, 100));
    CHECK(half.image.width == (on_its_side ? 101 : 202));
  }
}

TEST_CASE("Quick decoding and grey decoding keep the look", "[image]") {
  const Bytes file = wide_jpeg();
  const ImageU8 whole = decode_image(file).value();
  ReducedDecoding how;
  how.quick = true;
  const ImageU8 quick = reduced(file, how).image;
  CHECK(quick.width == 403);
  CHECK(difference(quick, whole) < kSameLook);
  how.grey = true;
  const ImageU8 grey = reduced(file, how).image;
  REQUIRE(grey.channels == 1);
  CHECK(grey.pixels.size() == std::size_t{403} * 201);
  const ImageU8 expected = to_grey(whole);
  CHECK(cv::norm(image::view_of(resize_area(grey, 16, 16)), image::view_of(resize_area(expected, 16, 16)),
                 cv::NORM_INF) <= 2);
  const ImageU8 turned = reduced(with_exif(file, 6), how).image;
  CHECK(turned.channels == 1);
  CHECK(turned.width == 201);
  CHECK(turned.pixels.front() == grey.pixels[std::size_t{200} * 403]);
}

TEST_CASE("A grey JPEG can be reduced, to three channels and to one", "[image]") {
  const Bytes file = encode_jpeg(to_grey(draw_demo_animal(false, 5, 6, 400)), 95);
  const ImageU8 whole = decode_image(file).value();
  const ImageU8 small = reduced(file, at_least(90, 90)).image;
  CHECK(small.width == 100);
  CHECK(small.channels == 3);
  CHECK(difference(small, whole) < kSameLook);
  ReducedDecoding how = at_least(90, 90);
  how.grey = true;
  const ImageU8 one = reduced(file, how).image;
  REQUIRE(one.channels == 1);
  for (std::size_t i = 0; i < one.pixels.size(); ++i) REQUIRE(one.pixels[i] == small.pixels[3 * i]);
}

TEST_CASE("A CMYK JPEG can be reduced too, to three channels", "[image]") {
  const Bytes file = read_file(golden_path("image/cmyk.jpg"));
  const ImageU8 whole = decode_image(file).value();
  ReducedDecoding how = at_least(whole.width / 2, whole.height / 2);
  how.quick = true;
  how.grey = true;
  const ImageU8 half = reduced(file, how).image;
  CHECK(half.width == (whole.width + 1) / 2);
  CHECK(half.height == (whole.height + 1) / 2);
  CHECK(half.channels == 3);
}

TEST_CASE("Other formats are decoded as always", "[image]") {
  const ImageU8 source = draw_demo_animal(true, 5, 6, 120);
  ReducedDecoding how = at_least(10, 10);
  how.quick = true;
  how.grey = true;
  CHECK(reduced(encode_png(source), how).image.pixels == source.pixels);
}

TEST_CASE("An object used again holds nothing of the picture before", "[image]") {
  DecodedImage decoded;
  const Bytes large = wide_jpeg();
  const Bytes cut(large.begin(), large.begin() + static_cast<std::ptrdiff_t>(large.size() / 2));
  REQUIRE_FALSE(decode_image_reduced(cut, {}, {}, decoded));
  CHECK_FALSE(decoded.warnings.empty());
  const ImageU8 source = draw_demo_animal(true, 5, 6, 50);
  const Bytes small = encode_png(source);
  REQUIRE_FALSE(decode_image_reduced(small, {}, {}, decoded));
  CHECK(decoded.warnings.empty());
  CHECK(decoded.image.pixels == source.pixels);
  CHECK(decoded.header.format == ImageFormat::Png);
  const auto failure = decode_image_reduced(to_bytes(Octets{1, 2, 3}), {}, {}, decoded);
  REQUIRE(failure);
  CHECK(failure->code() == ErrorCode::InvalidArgument);
  REQUIRE_FALSE(decode_image_reduced(large, {}, {}, decoded));
  CHECK(decoded.image.pixels == decode_image(large).value().pixels);
}

TEST_CASE("Limits hold for the picture as it is stored", "[image]") {
  DecodeLimits limits;
  limits.max_pixels = 1000;
  DecodedImage decoded;
  const auto failure = decode_image_reduced(wide_jpeg(), at_least(10, 10), limits, decoded);
  REQUIRE(failure);
  CHECK(failure->code() == ErrorCode::ResourceExhausted);
}

}  // namespace animalctl
