#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "animalctl/base/error.h"
#include "label/server/change_json.h"

using animalctl::Error;
using animalctl::ErrorCode;

namespace {

template <typename Parse>
void refuse_or_read(Parse parse) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) std::abort();
  }
}

}  // namespace

// The bodies that label: each is read, or refused with InvalidArgument; a change has a key of the right form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace animalctl::label;  // NOLINT: four functions of it
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  refuse_or_read([&] {
    for (const ParsedChange& parsed : parse_changes(body)) {
      const auto* const change = std::get_if<Change>(&parsed);
      if (change != nullptr && (change->key.size() < 8 || change->key.size() > 64 || !change->revision)) std::abort();
    }
  });
  refuse_or_read([&] {
    const SeedLabel label = parse_seed_label(body);
    if (label.filename.empty() || label.label.empty() || (label.score && !(*label.score >= 0 && *label.score <= 1))) {
      std::abort();
    }
  });
  refuse_or_read([&] { parse_undo_key(body); });
  refuse_or_read([&] { parse_names(body); });
  return 0;
}
