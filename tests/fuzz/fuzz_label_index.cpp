// The reader of saved indexes: the input is a file without its checksum, which is put right so that the rest is read.
#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "label/saved_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace animalctl;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  label::SavedIndexHeader present;
  present.event = present.prediction = std::numeric_limits<std::uint64_t>::max();
  constexpr std::size_t kNumbersAt = 12;
  if (bytes.size() >= kNumbersAt + 16) {
    std::memcpy(&present.workspace, bytes.data() + kNumbersAt, 8);
    std::memcpy(&present.database, bytes.data() + kNumbersAt + 8, 8);
  }
  label::StoreState state{ClassList{"CAT", "DOG"}};
  try {
    label::load_index(as_byte_span(bytes), present, state);
    for (label::FrameId id = 0; id < state.table.size(); ++id) {
      (void)state.table.item(id);
      (void)state.stems.annotation_name(id);
    }
  } catch (const Error&) {
    if (state.table.size() != 0) __builtin_trap();
  }
  return 0;
}
