#include <nlohmann/json.hpp>

#include "animalctl/base/digest.h"
#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/transform.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

nlohmann::json golden() {
  return nlohmann::json::parse(read_text_file(test::golden_path("image/golden.json"))).at("images");
}

}  // namespace

TEST_CASE("Decoded pixels equal those of OpenCV in Python", "[image]") {
  const nlohmann::json images = golden();
  for (const auto& [name, expected] : images.items()) {
    INFO(name);
    const auto decoded = decode_image(read_file(test::golden_path("image/" + name)));
    REQUIRE(decoded.ok());
    const ImageU8& image = decoded.value();
    CHECK(image.height == expected.at("height").get<int>());
    CHECK(image.width == expected.at("width").get<int>());
    CHECK(image.channels == 3);
    CHECK(sha256(std::as_bytes(std::span(image.pixels))).hex() == expected.at("rgb_sha256").get<std::string>());
  }
}

TEST_CASE("AnimalNet's 16 by 16 grey input equals that of OpenCV in Python", "[image]") {
  const nlohmann::json images = golden();
  for (const auto& [name, expected] : images.items()) {
    INFO(name);
    const ImageU8 image = decode_image(read_file(test::golden_path("image/" + name))).value();
    CHECK(to_grey(resize_area(image, 16, 16)).pixels == expected.at("animalnet").get<std::vector<std::uint8_t>>());
  }
}

TEST_CASE("Only the truncated golden image has a warning", "[image]") {
  const nlohmann::json images = golden();
  for (const auto& item : images.items()) {
    INFO(item.key());
    const auto decoded = decode_image_with_warnings(read_file(test::golden_path("image/" + item.key())));
    CHECK(decoded.value().warnings.empty() == (item.key() != "truncated.jpg"));
    CHECK(decoded.value().header.complete == (item.key() != "truncated.jpg"));
  }
}

}  // namespace animalctl
