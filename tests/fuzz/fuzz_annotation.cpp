#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/dataset/annotation.h"

// Any text gives an annotation that survives writing and reading, or an Error that names its origin.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const animalctl::Annotation first = animalctl::parse_annotation(text, "fuzz.json");
    const animalctl::Annotation again = animalctl::parse_annotation(animalctl::to_json(first), "again.json");
    const bool same = first.label == again.label && first.source == again.source && first.score == again.score &&
                      first.version == again.version;
    if (!same) std::abort();
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::DataLoss) std::abort();
    if (!std::string_view(error.what()).starts_with("fuzz.json")) std::abort();
  }
  return 0;
}
