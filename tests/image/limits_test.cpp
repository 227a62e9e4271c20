#include "animalctl/image/limits.h"

#include "support/catch_compat.h"

namespace animalctl {
namespace {

ImageHeader header_of(int width, int height) {
  ImageHeader header;
  header.width = width;
  header.height = height;
  header.components = 3;
  return header;
}

void require_refused(const ImageHeader& header, std::uint64_t bytes, ErrorCode code, std::string_view part) {
  const auto error = check_decode_limits(header, bytes, {});
  REQUIRE(error.has_value());
  INFO("message: " << error->message());
  CHECK(to_string(error->code()) == to_string(code));
  CHECK(test::contains(error->message(), part));
}

}  // namespace

TEST_CASE("An ordinary photograph is within the limits", "[image]") {
  CHECK_FALSE(check_decode_limits(header_of(6000, 4000), 20'000'000, {}).has_value());
}

TEST_CASE("Each limit names what was exceeded", "[image]") {
  require_refused(header_of(10, 10), (std::uint64_t{64} << 20) + 1, ErrorCode::ResourceExhausted, "bytes");
  require_refused(header_of(60000, 60000), 100, ErrorCode::ResourceExhausted, "60000 x 60000");
  require_refused(header_of(0x7FFFFFFF, 0x7FFFFFFF), 100, ErrorCode::ResourceExhausted, "pixels");
  require_refused(header_of(2'000'000, 1), 100, ErrorCode::ResourceExhausted, "a side");
  ImageHeader bomb = header_of(10, 10);
  bomb.format = ImageFormat::Jpeg;
  bomb.scan_count = 501;
  require_refused(bomb, 100, ErrorCode::ResourceExhausted, "501 scans");
  ImageHeader large = header_of(7000, 7000);
  large.working_bytes = std::uint64_t{300} << 20;
  require_refused(large, 100, ErrorCode::ResourceExhausted, "MiB");
  ImageHeader deep = header_of(7000, 7000);
  deep.components = 4;
  deep.bits_per_component = 16;
  require_refused(deep, 100, ErrorCode::DeadlineExceeded, "2000 ms");
}

TEST_CASE("A turned picture needs room for a second copy", "[image]") {
  ImageHeader header = header_of(1000, 1000);
  CHECK(estimate_decode_memory(header) == 3'000'000);
  header.exif_orientation = 6;
  CHECK(estimate_decode_memory(header) == 6'000'000);
  header.format = ImageFormat::WebP;
  CHECK(estimate_decode_memory(header) == 3'000'000);
}

}  // namespace animalctl
