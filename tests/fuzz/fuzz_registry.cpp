#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/registry/history.h"
#include "animalctl/registry/version_record.h"

namespace {

template <typename Read>
void read_or_refuse(Read&& read) {
  using animalctl::ErrorCode;
  try {
    read();
  } catch (const animalctl::Error& error) {
    if (error.code() != ErrorCode::DataLoss && error.code() != ErrorCode::Unimplemented) std::abort();
    if (!std::string_view(error.what()).starts_with("fuzz")) std::abort();
  }
}

}  // namespace

// Any text is a record that can be written and read again, or refused; the same for a history, whose entries are a
// chain from the first on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace animalctl::registry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_or_refuse([&] {
    const VersionRecord record = parse_version_record(text, "fuzz");
    const std::string written = to_json(record);
    if (to_json(parse_version_record(written, "fuzz again")) != written) std::abort();
    if (model_card(record).empty()) std::abort();
  });
  read_or_refuse([&] {
    animalctl::Digest head;
    std::int64_t sequence = 0;
    for (const HistoryEntry& entry : parse_history(text, "fuzz")) {
      if (entry.sequence != ++sequence || entry.previous != head) std::abort();
      head = entry.hash;
    }
  });
  return 0;
}
