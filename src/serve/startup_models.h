#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "serve/config_properties.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// `load_models`: "a.mar,b=c.mar"; the word "all" is the caller's. Throws InvalidArgument naming the entry.
std::vector<StartupModel> parse_load_models(const std::string& text);

// `model_snapshot`: {"name":…,"modelCount":…,"models":{"animal":{"1.0":{"marName":"animal.mar",…}}}}, trailing commas
// allowed. Lowest versions first, the default one of a model before its others. Throws InvalidArgument that names the
// origin, the model and the key.
std::vector<StartupModel> parse_model_snapshot(const std::string& text, const std::string& origin, const Warn& warn);

// `models`: {"animal":{"1.0":{"minWorkers":1,…}}}, trailing commas allowed. Throws as above.
ModelConfigs parse_model_configs(const std::string& text, const std::string& origin, const Warn& warn);

// "1.10" after "1.9": runs of digits compare as numbers, everything else as text.
bool version_less(const std::string& left, const std::string& right);
struct VersionLess {
  bool operator()(const std::string& left, const std::string& right) const { return version_less(left, right); }
};

}  // namespace animalctl::serve
