#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "animalctl/base/error.h"
#include "serve/v2_request.h"

// Any body gives a request whose data has the size that its shape says, or InvalidArgument.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using animalctl::serve::V2Datatype;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  try {
    const auto request = animalctl::serve::parse_v2_request(body, std::nullopt);
    for (const auto& input : request.inputs) {
      const std::size_t count = input.datatype == V2Datatype::Fp32    ? input.floats.size()
                                : input.datatype == V2Datatype::Uint8 ? input.bytes.size()
                                                                      : input.elements.size();
      if (count != input.count) std::abort();
    }
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::InvalidArgument) std::abort();
  }
  return 0;
}
