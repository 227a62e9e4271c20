#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/dataset/snapshot.h"

// Any text gives rows that survive writing and reading, or an Error that names its origin.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto rows = animalctl::parse_snapshot(text, "fuzz.csv");
    if (animalctl::parse_snapshot(animalctl::format_snapshot(rows), "again.csv") != rows) std::abort();
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::DataLoss) std::abort();
    if (!std::string_view(error.what()).starts_with("fuzz.csv")) std::abort();
  }
  return 0;
}
