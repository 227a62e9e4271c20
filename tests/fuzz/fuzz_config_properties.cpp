#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "serve/config_properties.h"
#include "serve/java_properties.h"

namespace {

using namespace animalctl::serve;  // NOLINT(google-build-using-namespace)

// What was read can be written and read again.
void require_round_trip(const std::vector<Property>& properties) {
  std::string text;
  for (const Property& property : properties) text += format_property(property.key, property.value) + "\n";
  try {
    if (parse_properties(text, "again") != properties) std::abort();
  } catch (const animalctl::Error&) {
    std::abort();
  }
}

}  // namespace

// Any text gives settings, or an Error that says what is wrong with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const EnvironmentLookup environment = [](const std::string& name) {
    return name.size() == 1 ? std::optional<std::string>("value") : std::nullopt;
  };
  const Warn warn = [](const std::string& sentence) {
    if (sentence.empty()) std::abort();
  };
  try {
    require_round_trip(parse_properties(text, "fuzz"));
    ConfigValues values = read_config_properties(text, "fuzz", environment, warn);
    // A regular expression may take any time to compile: it is its writer's own.
    values.erase("allowed_urls");
    apply_environment(values, environment);
    ServeSettings settings;
    apply_config(values, settings, warn);
  } catch (const animalctl::Error& error) {
    const auto code = error.code();
    if (code != animalctl::ErrorCode::DataLoss && code != animalctl::ErrorCode::InvalidArgument) std::abort();
  }
  return 0;
}
