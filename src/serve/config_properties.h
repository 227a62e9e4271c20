#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "serve/serve_settings.h"

namespace animalctl::serve {

// A key of config.properties with the place its value is from, e.g. "config.properties line 3".
struct ConfigValue {
  std::string text;
  std::string source;
};
using ConfigValues = std::map<std::string, ConfigValue, std::less<>>;

// Looks an environment variable up; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
// Receives one sentence each: a key given twice, one that is not known here, a value without effect.
using Warn = std::function<void(const std::string& sentence)>;

// Reads the text of a config.properties file (docs/formats/config-properties.md): java_properties.h's syntax, `${NAME}`
// and TorchServe's `$$NAME$$` replaced by environment variables, of a key that is given twice the later value, with a
// warning. Throws DataLoss as parse_properties() does, InvalidArgument for a variable that is not set.
ConfigValues read_config_properties(std::string_view text, const std::string& origin,
                                    const EnvironmentLookup& environment, const Warn& warn);

// Lets TS_<KEY> win over everything when enable_envvars_config is true; allowed_urls only with
// use_env_allowed_urls=true, as a variable must not open what the file closes.
void apply_environment(ConfigValues& values, const EnvironmentLookup& environment);

// Puts the values into `settings`. A key that is not known is a warning that names it; so is one that TorchServe has
// and this program has no use for. Throws InvalidArgument naming key, value, source and what is accepted.
void apply_config(const ConfigValues& values, ServeSettings& settings, const Warn& warn);

}  // namespace animalctl::serve
