#include "animalctl/checkpoint/safetensors.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::checkpoint {
namespace {

using test::require_error;

// A file from its parts: the header's length is put before it.
Bytes make_file(std::string_view header, std::size_t data_bytes) {
  const std::uint64_t size = header.size();
  Bytes file(sizeof size);
  std::memcpy(file.data(), &size, sizeof size);
  for (const char character : header) file.push_back(static_cast<std::byte>(character));
  for (std::size_t i = 0; i < data_bytes; ++i) file.push_back(static_cast<std::byte>(i));
  return file;
}

std::string row(std::string_view name, std::string_view type, std::string_view shape, std::string_view offsets) {
  return "\"" + std::string(name) + R"(":{"dtype":")" + std::string(type) + R"(","shape":)" + std::string(shape) +
         R"(,"data_offsets":)" + std::string(offsets) + "}";
}

Safetensors parse(const std::string& header, std::size_t data_bytes) {
  return parse_safetensors(make_file(header, data_bytes), "model.safetensors");
}

void refuses(ErrorCode code, std::string_view reason, const std::string& header, std::size_t data_bytes) {
  INFO("header: " << header);
  require_error(code, reason, [&] { parse(header, data_bytes); });
  require_error(code, "model.safetensors", [&] { parse(header, data_bytes); });
}

Safetensors make_everything() {
  Safetensors file;
  file.metadata = {{"format", "pt"}, {"note", "ä"}};
  file.tensors.ordered = true;
  file.tensors.set("count", make_tensor<std::int64_t>({}, std::array<std::int64_t, 1>{7}));
  file.tensors.set("double", make_tensor<double>({1, 2}, std::array{0.5, -1.5}));
  file.tensors.set("fc.weight", make_tensor<float>({2, 3}, std::array{1.F, 2.F, 3.F, 4.F, 5.F, 6.F}));
  file.tensors.set("int", make_tensor<std::int32_t>({1}, std::array{-3}));
  file.tensors.set("none", make_tensor<float>({3, 0}, {}));
  const Bytes four{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{1}};
  file.tensors.set("half", make_tensor(ScalarType::Float16, {2}, four));
  file.tensors.set("brain", make_tensor(ScalarType::BFloat16, {2}, four));
  file.tensors.set("short", make_tensor<std::int16_t>({1}, std::array<std::int16_t, 1>{-2}));
  file.tensors.set("byte", make_tensor<std::uint8_t>({1}, std::array<std::uint8_t, 1>{255}));
  file.tensors.set("char", make_tensor<std::int8_t>({1}, std::array<std::int8_t, 1>{-1}));
  file.tensors.set("flags", make_tensor(ScalarType::Bool, {4}, four));
  return file;
}

TEST_CASE("A safetensors file is read back as it was written, every element type") {
  const test::TemporaryFolder folder;
  const Safetensors file = make_everything();
  write_safetensors(folder / "a.safetensors", file);
  const Safetensors read = read_safetensors(folder / "a.safetensors");
  CHECK(read.metadata == file.metadata);
  REQUIRE(read.tensors.size() == file.tensors.size());
  for (const DictEntry& entry : file.tensors.entries) {
    const std::string& name = *entry.key.get_if<std::string>();
    INFO(name);
    REQUIRE(read.tensors.find(name) != nullptr);
    CHECK(*read.tensors.find(name) == entry.value);
  }
  CHECK(read_file(folder / "a.safetensors") == serialize_safetensors(file));
}

TEST_CASE("Wide elements of a safetensors file come first, so that every tensor is aligned") {
  Safetensors file;
  file.tensors.set("byte", make_tensor<std::uint8_t>({1}, std::array<std::uint8_t, 1>{1}));
  file.tensors.set("double", make_tensor<double>({1}, std::array{1.0}));
  const Bytes bytes = serialize_safetensors(file);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  CHECK(header % 8 == 0);
  CHECK(bytes.size() == 8 + header + 8 + 1);
  const Safetensors read = parse_safetensors(bytes, "a");
  CHECK(read.tensors.entries[0].key == Value("double"));
}

TEST_CASE("A safetensors file without tensors or metadata can be written and read") {
  const Safetensors read = parse_safetensors(serialize_safetensors({}), "a");
  CHECK(read.tensors.size() == 0);
  CHECK(read.metadata.empty());
}

TEST_CASE("Names in a safetensors header are given in the order of their data") {
  const Safetensors read =
      parse("{" + row("a", "U8", "[1]", "[1,2]") + "," + row("b", "U8", "[1]", "[0,1]") + "}  ", 2);
  CHECK(read.tensors.entries[0].key == Value("b"));
  CHECK(read.tensors.entries[1].value == Value(make_tensor<std::uint8_t>({1}, std::array<std::uint8_t, 1>{1})));
}

TEST_CASE("A safetensors header that is damaged is refused with its reason") {
  require_error(ErrorCode::DataLoss, "too short", [] { parse_safetensors(Bytes(7), "a"); });
  Bytes cut = make_file("{}", 0);
  cut.pop_back();
  require_error(ErrorCode::DataLoss, "cut off", [&] { parse_safetensors(cut, "a"); });
  refuses(ErrorCode::DataLoss, "begin with '{'", "[]", 0);
  refuses(ErrorCode::DataLoss, "not JSON", "{\"a\"", 0);
  refuses(ErrorCode::DataLoss, "twice",
          "{" + row("a", "U8", "[1]", "[0,1]") + "," + row("a", "U8", "[1]", "[0,1]") + "}", 1);
  refuses(ErrorCode::DataLoss, "not an object", R"({"a":1})", 0);
  refuses(ErrorCode::DataLoss, "__metadata__ is not an object", R"({"__metadata__":1})", 0);
  refuses(ErrorCode::DataLoss, "is not a string", R"({"__metadata__":{"a":1}})", 0);
  refuses(ErrorCode::DataLoss, "no \"dtype\"", R"({"a":{"shape":[],"data_offsets":[0,1]}})", 1);
  refuses(ErrorCode::DataLoss, "dtype is not a string", R"({"a":{"dtype":1,"shape":[],"data_offsets":[0,1]}})", 1);
  refuses(ErrorCode::Unimplemented, "is of type F8_E4M3", "{" + row("a", "F8_E4M3", "[1]", "[0,1]") + "}", 1);
}

TEST_CASE("A safetensors entry whose shape or place cannot be is refused, with the tensor's name") {
  const auto entry = [](std::string_view type, std::string_view shape, std::string_view offsets) {
    return "{" + row("fc.weight", type, shape, offsets) + "}";
  };
  refuses(ErrorCode::DataLoss, "tensor \"fc.weight\": 4 bytes of data do not fit", entry("F32", "[2]", "[0,4]"), 4);
  refuses(ErrorCode::DataLoss, "do not fit", entry("F64", "[4611686018427387904,4]", "[0,0]"), 0);
  refuses(ErrorCode::DataLoss, "do not fit", entry("U8", "[0]", "[0,4]"), 4);
  refuses(ErrorCode::DataLoss, "2^63", entry("U8", "[9223372036854775808]", "[0,0]"), 0);
  refuses(ErrorCode::DataLoss, "whole numbers", entry("U8", "[-1]", "[0,0]"), 0);
  refuses(ErrorCode::DataLoss, "whole numbers", entry("U8", "[1]", "[0,1.5]"), 1);
  refuses(ErrorCode::DataLoss, "list of at most 64", entry("U8", "1", "[0,1]"), 1);
  refuses(ErrorCode::DataLoss, "[begin, end]", entry("U8", "[1]", "[0]"), 1);
  refuses(ErrorCode::DataLoss, "not within the 3 bytes", entry("U8", "[4]", "[0,4]"), 3);
  refuses(ErrorCode::DataLoss, "not within", entry("U8", "[1]", "[2,1]"), 3);
  refuses(ErrorCode::DataLoss, "1 unused bytes before", entry("U8", "[1]", "[1,2]"), 2);
  refuses(ErrorCode::DataLoss, "2 bytes after the last tensor", entry("U8", "[1]", "[0,1]"), 3);
  refuses(ErrorCode::DataLoss, "overlap",
          "{" + row("a", "U8", "[2]", "[0,2]") + "," + row("b", "U8", "[2]", "[1,3]") + "}", 3);
}

TEST_CASE("A safetensors file over a limit is refused before its header is read") {
  SafetensorsLimits limits;
  limits.max_header_bytes = 10;
  const Bytes file = make_file("{          }", 0);
  require_error(ErrorCode::ResourceExhausted, "at most 10 are read", [&] { parse_safetensors(file, "a", limits); });
  limits.max_file_bytes = 12;
  require_error(ErrorCode::ResourceExhausted, "the limit is 12", [&] { parse_safetensors(file, "a", limits); });
  require_error(ErrorCode::NotFound, "nowhere", [] { read_safetensors("nowhere.safetensors"); });
}

TEST_CASE("What safetensors cannot hold is refused before the file is touched") {
  const test::TemporaryFolder folder;
  const auto refused = [&](std::string_view reason, Value key, Value value) {
    Safetensors file;
    file.tensors.entries.push_back({std::move(key), std::move(value)});
    require_error(ErrorCode::InvalidArgument, reason, [&] { write_safetensors(folder / "a.safetensors", file); });
    CHECK_FALSE(std::filesystem::exists(folder / "a.safetensors"));
  };
  const Tensor one = make_tensor<float>({1}, std::array{1.0F});
  refused("names are strings", 1, one);
  refused("not a tensor", "a", 1);
  refused("not UTF-8", "\xFF", one);
  refused("no tensor may be named", "__metadata__", one);
  refused("bytes of data are given", "a", Tensor{ScalarType::Float32, {2}, Bytes(3)});
  Safetensors twice;
  twice.tensors.entries = {{"a", one}, {"a", one}};
  require_error(ErrorCode::InvalidArgument, "appears twice", [&] { serialize_safetensors(twice); });
  Safetensors metadata;
  metadata.metadata["a"] = "\xFF";
  require_error(ErrorCode::InvalidArgument, "metadata", [&] { serialize_safetensors(metadata); });
}

TEST_CASE("A safetensors file is recognised by its name") {
  CHECK(is_safetensors("models/a.safetensors"));
  CHECK_FALSE(is_safetensors("models/a.pth"));
}

}  // namespace
}  // namespace animalctl::checkpoint
