#include "animalctl/registry/merkle.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::registry {
namespace {

using test::require_error;

std::vector<DataItem> five_items() {
  std::vector<DataItem> items;
  for (int i = 0; i < 5; ++i) {
    const std::string number = std::to_string(i);
    items.push_back({number + ".jpg", sha256(std::string_view(number)), i % 2 == 0 ? "CAT" : "DOG"});
  }
  return items;
}

// The expected roots were computed with Python's hashlib by the recursion of RFC 6962, 2.1.
TEST_CASE("the digest of a data set is the root of RFC 6962's tree", "[registry]") {
  const std::vector<DataItem> items = five_items();
  CHECK(data_digest({}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(data_digest(std::span(items).first(1)).hex() ==
        "d7f1dd6b9ffd5238e77d378bf61369e0824d38532cde27ef659471b3cee23109");
  CHECK(data_digest(items).hex() == "7816b83c5353e3f33fca7d5ebff5c66e61f4c10bb66105e3580243c8f5cd8667");
  std::vector<SplitItem> split;
  for (int i = 0; i < 7; ++i) {
    constexpr std::array<const char*, 3> kParts = {"train", "val", "test"};
    split.push_back({std::to_string(i) + ".jpg", kParts.at(static_cast<std::size_t>(i % 3))});
  }
  CHECK(split_digest(split).hex() == "42bccaeb0b40ebfdcbc74e781faa5bf48dc9ec966aaeb8753805f81e2e40a012");
}

TEST_CASE("the order of the images does not change the digest, anything else does", "[registry]") {
  const std::vector<DataItem> items = five_items();
  const Digest root = data_digest(items);
  std::vector<DataItem> other = items;
  std::reverse(other.begin(), other.end());
  CHECK(data_digest(other) == root);
  other = items;
  other[2].label = "DOG";
  CHECK(data_digest(other) != root);
  other = items;
  other[2].name = "2.png";
  CHECK(data_digest(other) != root);
  other = items;
  other[2].content = other[3].content;
  CHECK(data_digest(other) != root);
  other.pop_back();
  CHECK(data_digest(other) != root);
}

TEST_CASE("an image that is there twice or has no possible name has no digest", "[registry]") {
  std::vector<DataItem> items = five_items();
  items[3].name = items[1].name;
  require_error(ErrorCode::InvalidArgument, "\"1.jpg\" is in the data set twice", [&] { data_digest(items); });
  const std::vector<SplitItem> split = {{std::string("a\0b", 3), "train"}};
  require_error(ErrorCode::InvalidArgument, "0 byte", [&] { split_digest(split); });
}

}  // namespace
}  // namespace animalctl::registry
