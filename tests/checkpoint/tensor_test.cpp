#include "animalctl/checkpoint/tensor.h"

#include <array>
#include <limits>
#include <string>

#include "animalctl/checkpoint/value.h"
#include "support/catch_compat.h"

namespace animalctl::checkpoint {
namespace {

using test::require_error;

TEST_CASE("Every scalar type has PyTorch's name and size") {
  CHECK(to_string(ScalarType::Float32) == "float32");
  CHECK(to_string(ScalarType::BFloat16) == "bfloat16");
  CHECK(to_string(ScalarType::Bool) == "bool");
  CHECK(size_of(ScalarType::Float64) == 8);
  CHECK(size_of(ScalarType::Int32) == 4);
  CHECK(size_of(ScalarType::Float16) == 2);
  CHECK(size_of(ScalarType::Bool) == 1);
  require_error(ErrorCode::Internal, "no scalar type", [] { size_of(static_cast<ScalarType>(99)); });
}

TEST_CASE("A tensor made of elements gives them back as the same type only") {
  const std::array<float, 6> numbers{1, 2, 3, 4, 5, 6};
  const Tensor tensor = make_tensor<float>({2, 3}, numbers);
  CHECK(tensor.type == ScalarType::Float32);
  CHECK(tensor.element_count() == 6);
  REQUIRE(tensor.as<float>().size() == 6);
  CHECK(tensor.as<float>()[5] == 6.0F);
  require_error(ErrorCode::InvalidArgument, "float32 tensor cannot be seen as another type",
                [&] { (void)tensor.as<std::int32_t>(); });
}

TEST_CASE("The raw bits of a half precision tensor and the bytes of a bool tensor can be seen") {
  const std::array<std::byte, 4> bytes{std::byte{1}, std::byte{0}, std::byte{2}, std::byte{1}};
  CHECK(make_tensor(ScalarType::BFloat16, {2}, bytes).as<std::uint16_t>()[1] == 0x0102);
  CHECK(make_tensor(ScalarType::Bool, {4}, bytes).as<std::uint8_t>()[0] == 1);
}

TEST_CASE("A tensor without dimensions has one element and one with a size of 0 has none") {
  CHECK(make_tensor<double>({}, std::array{2.5}).element_count() == 1);
  CHECK(make_tensor<float>({3, 0, 2}, {}).element_count() == 0);
}

TEST_CASE("A tensor whose data does not fit its shape is refused") {
  const std::array<float, 3> numbers{};
  require_error(ErrorCode::InvalidArgument, "shape [2, 2] has 4 elements of 4 bytes, but 12 bytes", [&] {
    make_tensor<float>({2, 2}, numbers);
  });
  require_error(ErrorCode::InvalidArgument, "sizes must be 0 or more", [&] { make_tensor<float>({-1}, numbers); });
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  require_error(ErrorCode::InvalidArgument, "below 2^63", [&] { make_tensor<float>({large, large}, numbers); });
  Tensor changed = make_tensor<float>({3}, numbers);
  changed.data.pop_back();
  require_error(ErrorCode::InvalidArgument, "11 bytes", [&] { (void)changed.as<float>(); });
}

TEST_CASE("A dict keeps the order of insertion and replaces the value of a known key") {
  Dict dict;
  dict.set("b", 1);
  dict.set(2, "two");
  dict.set("b", true);
  REQUIRE(dict.size() == 2);
  CHECK(*dict.find("b") == Value(true));
  CHECK(*dict.find(2) == Value("two"));
  CHECK(dict.find("2") == nullptr);
  CHECK(dict.find(7) == nullptr);
}

TEST_CASE("A value says what it is in words") {
  CHECK(Value().describe() == "None");
  CHECK(Value(true).describe() == "a bool");
  CHECK(Value(1).describe() == "a whole number");
  CHECK(Value(0.5).describe() == "a number");
  CHECK(Value("x").describe() == "a string");
  CHECK(Value(List{}).describe() == "a list");
  CHECK(Value(Tuple{}).describe() == "a tuple");
  CHECK(Value(Dict{}).describe() == "a dict");
  CHECK(Value(make_tensor<float>({1, 0}, {})).describe() == "a float32 tensor of shape [1, 0]");
  CHECK_FALSE(Value(List{}) == Value(Tuple{}));
}

}  // namespace
}  // namespace animalctl::checkpoint
