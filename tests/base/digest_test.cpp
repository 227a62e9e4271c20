#include "animalctl/base/digest.h"

#include <string>
#include <unordered_set>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

TEST_CASE("SHA-256 gives the digests of the standard's examples") {
  CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a digest does not depend on how the bytes are cut into parts") {
  const std::string text(1000, 'x');
  for (const std::size_t cut : {0U, 1U, 63U, 64U, 65U, 999U, 1000U}) {
    Sha256 computation;
    computation.update(std::string_view(text).substr(0, cut));
    computation.update(as_byte_span(std::string_view(text).substr(cut)));
    CHECK(computation.finish() == sha256(as_byte_span(text)));
  }
}

TEST_CASE("a digest and its text turn into each other") {
  const Digest digest = sha256("abc");
  CHECK(Digest::from_hex(digest.hex()) == digest);
  CHECK(Digest::from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD") == digest);
  CHECK(Digest{}.hex() == std::string(64, '0'));
}

TEST_CASE("text that is not 64 hexadecimal digits is no digest") {
  CHECK_FALSE(Digest::from_hex("").has_value());
  CHECK_FALSE(Digest::from_hex(std::string(63, 'a')).has_value());
  CHECK_FALSE(Digest::from_hex(std::string(65, 'a')).has_value());
  for (const char bad : {'g', 'G', '/', ':', '@', '`', ' ', '\0'}) {
    for (const std::size_t place : {std::size_t{0}, std::size_t{1}, std::size_t{63}}) {
      std::string text(64, 'a');
      text[place] = bad;
      CHECK_FALSE(Digest::from_hex(text).has_value());
    }
  }
}

TEST_CASE("the prefix is the first eight bytes, the highest first") {
  CHECK(sha256("abc").prefix() == 0xBA7816BF8F01CFEAU);
  CHECK(Digest{}.prefix() == 0);
}

TEST_CASE("digests order like their text and can be hashed") {
  const Digest abc = sha256("abc");
  const Digest empty = sha256("");
  CHECK((abc < empty) == (abc.hex() < empty.hex()));
  const std::unordered_set<Digest> digests{abc, empty, abc};
  CHECK(digests.size() == 2);
}

}  // namespace
}  // namespace animalctl
