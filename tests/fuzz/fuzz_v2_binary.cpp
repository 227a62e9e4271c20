#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "serve/v2_request.h"

// The first two bytes are the JSON's size, little-endian, the rest is the body: every element of a request that is
// taken lies inside the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t json_size = data[0] + std::size_t{256} * data[1];
  const std::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  try {
    const auto request = animalctl::serve::parse_v2_request(body, json_size);
    std::size_t bytes = 0;
    for (const auto& input : request.inputs) {
      for (const auto& element : input.elements) {
        bytes += element.size();
        // Touched, so that a sanitizer sees what lies outside.
        if (!element.empty() && element.front() == element.back()) ++bytes;
      }
      bytes += input.bytes.size() + input.floats.size();
    }
    if (bytes > 4 * size) std::abort();
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::InvalidArgument) std::abort();
  }
  return 0;
}
