#include "serve/v2_tensor.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "animalctl/base/error.h"

namespace animalctl::serve {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensors are copied as they are");

void read_floats(V2Input& input, std::span<const std::byte> data) {
  if (data.size() % sizeof(float) != 0 || data.size() / sizeof(float) != input.count) {
    refuse_v2_input(input.name, fmt::format("binary_data_size is {}; the shape's {} FP32 elements take 4 bytes each",
                                            data.size(), input.count));
  }
  input.floats.resize(input.count);
  std::memcpy(input.floats.data(), data.data(), data.size());
  for (std::size_t i = 0; i < input.count; ++i) {
    if (!std::isfinite(input.floats[i])) refuse_v2_input(input.name, fmt::format("element {} is not finite", i));
  }
}

void read_bytes(V2Input& input, std::span<const std::byte> data) {
  if (data.size() != input.count) {
    refuse_v2_input(input.name, fmt::format("binary_data_size is {}; the shape's {} UINT8 elements take a byte each",
                                            data.size(), input.count));
  }
  input.bytes = {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
}

void read_elements(V2Input& input, std::span<const std::byte> data) {
  constexpr std::size_t kPrefix = 4;
  // Each element has its prefix: a count that cannot be there is refused before it costs memory.
  if (data.size() / kPrefix < input.count) {
    refuse_v2_input(input.name, fmt::format("{} bytes cannot hold {} BYTES elements", data.size(), input.count));
  }
  input.elements.reserve(input.count);
  for (std::size_t i = 0; i < input.count; ++i) {
    std::uint32_t length = 0;
    if (data.size() < kPrefix) refuse_v2_input(input.name, fmt::format("the data ends before element {}", i));
    std::memcpy(&length, data.data(), kPrefix);
    data = data.subspan(kPrefix);
    if (length > data.size()) {
      refuse_v2_input(input.name,
                      fmt::format("element {} is said to have {} bytes; {} are left", i, length, data.size()));
    }
    input.elements.push_back(data.first(length));
    data = data.subspan(length);
  }
  if (!data.empty()) {
    refuse_v2_input(input.name, fmt::format("{} bytes are left behind the last element", data.size()));
  }
}

}  // namespace

void refuse_v2_input(std::string_view tensor, std::string_view text) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("input \"{}\": {}", tensor, text));
}

std::size_t v2_element_count(std::span<const std::size_t> shape, std::string_view tensor) {
  std::size_t count = 1;
  for (const std::size_t dimension : shape) {
    if (dimension != 0 && count > std::numeric_limits<std::size_t>::max() / dimension) {
      refuse_v2_input(tensor, "the shape has more elements than can be counted");
    }
    count *= dimension;
  }
  return count;
}

void read_v2_binary(V2Input& input, std::span<const std::byte> data) {
  switch (input.datatype) {
    case V2Datatype::Fp32:
      return read_floats(input, data);
    case V2Datatype::Uint8:
      return read_bytes(input, data);
    case V2Datatype::Bytes:
      return read_elements(input, data);
  }
}

}  // namespace animalctl::serve
