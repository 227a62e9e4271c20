#include "animalctl/http/base64.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using http::base64_decode;
using http::base64_encode;

TEST_CASE("base64 gives the examples of RFC 4648 both ways", "[http]") {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {std::string("\0\xFF\x10", 3), "AP8Q"}};
  for (const auto& [plain, text] : examples) {
    CHECK(base64_encode(plain) == text);
    CHECK(base64_decode(text) == plain);
  }
}

TEST_CASE("base64 gives back every length and byte, also over the size of one piece", "[http]") {
  std::string bytes;
  std::uint32_t state = 1;
  for (std::size_t size = 0; size < 300; ++size) {
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
    state = state * 1664525 + 1013904223;
    bytes += static_cast<char>(state >> 24);
  }
  const std::string large(13 << 20, '\xA5');
  const std::string text = base64_encode(large);
  CHECK(text.size() == (large.size() + 2) / 3 * 4);
  CHECK(base64_decode(text) == large);
}

TEST_CASE("what is not base64 is refused with the place of the fault", "[http]") {
  const auto refused = [](const std::string& text, const std::string& part) {
    INFO(text);
    require_error(ErrorCode::InvalidArgument, part, [&] { base64_decode(text); });
  };
  refused("Zm9", "3 characters");
  refused("Zm9v!mFy", "character 5 is '!'");
  refused("Zm9v\nmFy", "character 5 is the byte 10");
  refused("    Zm9v", "character 1 is the byte 32");
  refused("Zm9v    ", "character 5 is the byte 32");
  refused("Zm9v----", "character 5 is '-'");
  refused("Zm9v\xC3\xA9gg", "character 5 is the byte 195");
  refused("Zg==Zg==", "character 3 is '='");
  refused("Z===", "character 2 is '='");
  refused("====", "character 1 is '='");
  refused("Zg=v", "character 3 is '='");
  refused("=", "groups of four");
  refused("data:image/png;base64,AAAA", "character 5 is ':'");
  refused(std::string("Zm9v\0mFy", 8), "the byte 0");
  std::string long_text(std::size_t{20} << 20, 'A');
  long_text[std::size_t{17} << 20] = ' ';
  refused(long_text.substr(0, 8) + " AAA", "character 9");
  require_error(ErrorCode::InvalidArgument, "character 17825793", [&] { base64_decode(long_text); });
}

}  // namespace
}  // namespace animalctl::test
