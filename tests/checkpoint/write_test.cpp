#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>

#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/torch_file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::checkpoint {
namespace {

using test::require_error;

Value round_trip(const Value& value) {
  return parse_torch_file(serialize_torch_file(value), "written.pth");
}

Value every_value() {
  std::vector<float> many(100'000);
  std::iota(many.begin(), many.end(), 0.0F);
  Dict states;
  states.ordered = true;
  states.set("fc1.weight", make_tensor<float>({100, 1000}, many));
  states.set("scalar", make_tensor<double>({}, std::array{2.5}));
  states.set("empty", make_tensor<float>({3, 0}, {}));
  constexpr std::int64_t kLarge = std::numeric_limits<std::int64_t>::max();
  states.set("odd", make_tensor<float>({0, kLarge}, {}));
  states.attributes.push_back({"_metadata", Dict{}});
  Dict root;
  root.set("model_state_dict", states);
  root.set("epoch", 3);
  root.set("loss", 0.1);
  root.set(0, List{{Value(), true, -1, 255, 256, 70'000, kLarge, -kLarge - 1, "text"}});
  root.set(false, Tuple{{Tuple{}, List{}, Dict{}, Tuple{{1, 2, 3, 4}}}});
  root.set(Value(), "none");
  root.set(0.5, "half");
  return root;
}

TEST_CASE("What is written is read back equal") {
  const Value value = every_value();
  CHECK(round_trip(value) == value);
  const Value bare = make_tensor<std::int8_t>({2}, std::array<std::int8_t, 2>{-1, 1});
  CHECK(round_trip(bare) == bare);
  CHECK(round_trip(Value()).is_none());
}

TEST_CASE("Tensors of every scalar type are written and read back equal") {
  constexpr std::array kTypes{ScalarType::Float32, ScalarType::Float64, ScalarType::Float16, ScalarType::BFloat16,
                              ScalarType::Int64,   ScalarType::Int32,   ScalarType::Int16,   ScalarType::Int8,
                              ScalarType::UInt8,   ScalarType::Bool};
  Dict dict;
  for (const ScalarType type : kTypes) {
    const Bytes data(3 * size_of(type), std::byte{1});
    dict.set(to_string(type), make_tensor(type, {3}, data));
  }
  CHECK(round_trip(dict) == Value(dict));
}

TEST_CASE("A golden file that is read and written keeps every tensor") {
  for (const char* name : {"seed_adam.pth", "views.pth", "nested.pth", "state_dict.pth"}) {
    const Value value = read_torch_file(test::golden_path(std::string("checkpoint/") + name));
    INFO(name);
    CHECK(round_trip(value) == value);
  }
}

TEST_CASE("A file is written in one step into a folder that need not exist") {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "models/a.pth";
  const Value value = every_value();
  write_torch_file(path, value);
  CHECK(read_torch_file(path) == value);
  CHECK(read_file(path) == serialize_torch_file(value, "a"));
  write_torch_file(path, 5);
  CHECK(read_torch_file(path) == Value(5));
}

TEST_CASE("The folder in the zip is the stem of the file's name when that is plain text") {
  const auto text_of = [](std::string_view name) { return std::string(as_text(serialize_torch_file(1, name))); };
  CHECK(test::contains(text_of("AnimalNet_20240101-000000"), "AnimalNet_20240101-000000/data.pkl"));
  CHECK(test::contains(text_of("\xD0\xBA"), "archive/data.pkl"));
  CHECK(test::contains(text_of(".."), "archive/data.pkl"));
  CHECK(test::contains(text_of(""), "archive/data.pkl"));
  CHECK(test::contains(text_of("a/b"), "archive/data.pkl"));
}

TEST_CASE("The bytes written depend neither on the time nor on the time zone") {
  const char* const before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  const Value value = every_value();
  ::setenv("TZ", "Pacific/Auckland", 1);
  ::tzset();
  const Bytes there = serialize_torch_file(value);
  ::setenv("TZ", "America/Los_Angeles", 1);
  ::tzset();
  const Bytes here = serialize_torch_file(value);
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", zone.c_str(), 1);
  }
  ::tzset();
  CHECK(there == here);
}

TEST_CASE("A value that no checkpoint can hold is refused before the file is touched") {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "a.pth";
  const auto write = [&](const Value& value) { return [&path, value] { write_torch_file(path, value); }; };
  Tensor tensor = make_tensor<float>({2}, std::array{1.0F, 2.0F});
  tensor.shape = {3};
  require_error(ErrorCode::InvalidArgument, "8 bytes of data are given", write(tensor));
  require_error(ErrorCode::InvalidArgument, "text that is not UTF-8", write("\xFF"));
  Dict list_key;
  list_key.set(List{}, 1);
  require_error(ErrorCode::InvalidArgument, "a list is a dict's key", write(list_key));
  Dict twice;
  twice.entries = {{"a", 1}, {"a", 2}};
  require_error(ErrorCode::InvalidArgument, "a dict has a key twice", write(twice));
  Dict plain;
  plain.attributes = {{"_metadata", 1}};
  require_error(ErrorCode::InvalidArgument, "a plain dict has attributes", write(plain));
  Dict odd_attribute;
  odd_attribute.ordered = true;
  odd_attribute.attributes = {{1, 1}};
  require_error(ErrorCode::InvalidArgument, "the name of an attribute is no string", write(odd_attribute));
  Value deep;
  for (int i = 0; i < 70; ++i) {
    List list;
    list.items.push_back(std::move(deep));
    deep = std::move(list);
  }
  require_error(ErrorCode::InvalidArgument, "nested over 64 deep", write(deep));
  Tensor unknown = make_tensor<float>({0}, {});
  unknown.type = static_cast<ScalarType>(99);
  require_error(ErrorCode::Internal, "no scalar type number 99", write(unknown));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("A file that cannot be written is refused and nothing stays behind") {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "file", std::string_view("x"));
  require_error(ErrorCode::FailedPrecondition, "is in the way", [&] { write_torch_file(folder / "file/a.pth", 1); });
}

}  // namespace
}  // namespace animalctl::checkpoint
