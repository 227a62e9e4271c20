#include "animalctl/image/transform.h"

#include <opencv2/imgproc.hpp>
#include <random>

#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "image/area_shrink.h"
#include "image/opencv_bridge.h"
#include "support/catch_compat.h"

namespace animalctl {

TEST_CASE("Resizing by area equals OpenCV's INTER_AREA", "[image]") {
  const ImageU8 source = draw_demo_animal(true, 3, 4, 101);
  for (const auto& [width, height] : {std::pair{16, 16}, {50, 101}, {33, 7}, {101, 101}, {150, 140}, {1, 1}}) {
    INFO(width << " x " << height);
    cv::Mat expected;
    cv::resize(image::view_of(source), expected, {width, height}, 0, 0, cv::INTER_AREA);
    const ImageU8 resized = resize_area(source, width, height);
    CHECK(resized.width == width);
    CHECK(resized.height == height);
    CHECK(cv::norm(image::view_of(resized), expected, cv::NORM_INF) == 0);
  }
}

TEST_CASE("Making an image smaller by any factor gives OpenCV's bits", "[image]") {
  std::mt19937 random(1);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  int own = 0;
  for (int i = 0; i < 400; ++i) {
    ImageU8 source{1 + below(90), 1 + below(90), 3, {}};
    source.pixels.resize(source.size());
    for (std::uint8_t& value : source.pixels) value = static_cast<std::uint8_t>(random());
    const int width = 1 + below(source.width);
    const int height = 1 + below(source.height);
    INFO(source.width << " x " << source.height << " to " << width << " x " << height);
    cv::Mat expected;
    cv::resize(image::view_of(source), expected, {width, height}, 0, 0, cv::INTER_AREA);
    REQUIRE(cv::norm(image::view_of(resize_area(source, width, height)), expected, cv::NORM_INF) == 0);
    const image::RgbView view{source.pixels.data(), std::size_t{3} * static_cast<std::size_t>(source.width),
                              source.width, source.height};
    own += image::can_area_shrink(view, width, height) ? 1 : 0;
  }
  CHECK(own > 300);
  const ImageU8 source = draw_demo_animal(true, 3, 4, 97);
  const ImageU8 part = resize_centre(source, 24, 24, 0.8);
  cv::Mat expected;
  cv::resize(image::view_of(source)(cv::Rect(9, 9, 78, 78)), expected, {24, 24}, 0, 0, cv::INTER_AREA);
  CHECK(cv::norm(image::view_of(part), expected, cv::NORM_INF) == 0);
}

TEST_CASE("An image is fitted into a square, its aspect kept, and never enlarged", "[image]") {
  const ImageU8 wide{50, 200, 3, std::vector<std::uint8_t>(50 * 200 * 3, 9)};
  const ImageU8 fitted = resize_within(wide, 96);
  CHECK(fitted.width == 96);
  CHECK(fitted.height == 24);
  const ImageU8 line{1, 300, 1, std::vector<std::uint8_t>(300, 9)};
  CHECK(resize_within(line, 10).height == 1);
  CHECK(resize_within(wide, 200).pixels == wide.pixels);
  test::require_error(ErrorCode::InvalidArgument, "into 0 pixels", [&] { (void)resize_within(wide, 0); });
}

TEST_CASE("Grey is the rounded luma, and equal for RGB and BGR order", "[image]") {
  const ImageU8 rgb{1, 4, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 30}};
  const ImageU8 grey = to_grey(rgb);
  CHECK(grey.channels == 1);
  CHECK(grey.pixels == std::vector<std::uint8_t>{76, 150, 29, 124});
  const ImageU8 source = draw_demo_animal(false, 3, 4);
  cv::Mat bgr;
  cv::Mat expected;
  cv::cvtColor(image::view_of(source), bgr, cv::COLOR_RGB2BGR);
  cv::cvtColor(bgr, expected, cv::COLOR_BGR2GRAY);
  CHECK(cv::norm(image::view_of(to_grey(source)), expected, cv::NORM_INF) == 0);
  CHECK(to_grey(grey).pixels == grey.pixels);
}

TEST_CASE("An encoded JPEG decodes to nearly the same picture", "[image]") {
  const ImageU8 source{32, 32, 3, std::vector<std::uint8_t>(32 * 32 * 3, 100)};
  const ImageU8 decoded = decode_image(encode_jpeg(source, 95)).value();
  CHECK(cv::norm(image::view_of(source), image::view_of(decoded), cv::NORM_INF) <= 2);
  CHECK(encode_jpeg(source, 20).size() <= encode_jpeg(source, 100).size());
}

TEST_CASE("A grey image is encoded as grey", "[image]") {
  const ImageU8 grey{1, 2, 1, {5, 250}};
  CHECK(decode_image(encode_png(grey)).value().pixels == std::vector<std::uint8_t>{5, 5, 5, 250, 250, 250});
  CHECK(decode_image_with_warnings(encode_png(grey)).value().header.components == 1);
}

TEST_CASE("Images and sizes that make no sense are refused", "[image]") {
  const ImageU8 sound{1, 1, 3, {1, 2, 3}};
  for (const ImageU8& broken :
       {ImageU8{}, ImageU8{1, 1, 3, {1, 2}}, ImageU8{1, 1, 2, {1, 2}}, ImageU8{-1, -1, 1, {1}}}) {
    test::require_error(ErrorCode::InvalidArgument, "cannot resize", [&] { (void)resize_area(broken, 2, 2); });
    test::require_error(ErrorCode::InvalidArgument, "cannot make grey", [&] { (void)to_grey(broken); });
    test::require_error(ErrorCode::InvalidArgument, "cannot encode", [&] { (void)encode_png(broken); });
    test::require_error(ErrorCode::InvalidArgument, "cannot encode", [&] { (void)encode_jpeg(broken); });
  }
  for (const int side : {0, -1, 65536}) {
    test::require_error(ErrorCode::InvalidArgument, "1 to 65535", [&] { (void)resize_area(sound, side, 2); });
    test::require_error(ErrorCode::InvalidArgument, "1 to 65535", [&] { (void)resize_area(sound, 2, side); });
  }
  test::require_error(ErrorCode::InvalidArgument, "quality 0", [&] { (void)encode_jpeg(sound, 0); });
  test::require_error(ErrorCode::InvalidArgument, "quality 101", [&] { (void)encode_jpeg(sound, 101); });
}

TEST_CASE("A picture too large for its format is an error, not a crash", "[image]") {
  const ImageU8 wide{1, 70000, 1, std::vector<std::uint8_t>(70000, 1)};
  test::require_error(ErrorCode::Internal, "encoding a .jpg image failed", [&] { (void)encode_jpeg(wide); });
}

}  // namespace animalctl
