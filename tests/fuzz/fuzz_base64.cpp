#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/http/base64.h"

// Any text is refused, or decodes to bytes that encode to a text of that length, equal but for the spare bits of the
// last group. Any bytes survive encoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (animalctl::http::base64_decode(animalctl::http::base64_encode(text)) != text) std::abort();
  try {
    const std::string bytes = animalctl::http::base64_decode(text);
    const std::string again = animalctl::http::base64_encode(bytes);
    if (again.size() != text.size()) std::abort();
    const std::size_t whole = text.size() < 4 ? 0 : text.size() - 4;
    if (text.substr(0, whole) != std::string_view(again).substr(0, whole)) std::abort();
    if (animalctl::http::base64_decode(again) != bytes) std::abort();
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::InvalidArgument) std::abort();
    if (!std::string_view(error.what()).starts_with("not base64: ")) std::abort();
  }
  return 0;
}
