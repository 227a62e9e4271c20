#include "model/script_description.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr int kMaxSide = 4096;

[[noreturn]] void refuse(const std::string& origin, std::string_view what) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {}", origin, what));
}

void require_complete(const ScriptOptions& options, const std::string& origin) {
  std::string missing;
  const auto need = [&](bool given, const char* flag) {
    if (!given) missing += (missing.empty() ? "" : ", ") + std::string(flag);
  };
  need(options.width && options.height, "--ts-size");
  need(!options.mean.empty(), "--ts-mean");
  need(!options.std.empty(), "--ts-std");
  need(options.output.has_value(), "--ts-output");
  need(!options.classes.empty(), "--classes");
  if (missing.empty()) return;
  refuse(origin, fmt::format("the file does not say how it wants its images; give {} (ImageNet's are --ts-size 224 "
                             "--ts-fit centre:0.875 --ts-mean 0.485,0.456,0.406 --ts-std 0.229,0.224,0.225)",
                             missing));
}

void require_usable(const ScriptOptions& options, const std::string& origin) {
  const auto side = [](const std::optional<int>& value) { return !value || (*value >= 1 && *value <= kMaxSide); };
  if (!side(options.width) || !side(options.height)) {
    refuse(origin, fmt::format("--ts-size: sides from 1 to {} pixels are accepted", kMaxSide));
  }
  const auto channels = [](const std::vector<float>& numbers) {
    return numbers.empty() || numbers.size() == 1 || numbers.size() == 3;
  };
  if (!channels(options.mean) || !channels(options.std) ||
      (!options.mean.empty() && !options.std.empty() && options.mean.size() != options.std.size())) {
    refuse(origin, "--ts-mean and --ts-std need one number each (grey images) or three (RGB)");
  }
  const auto finite = [](float number) { return std::isfinite(number); };
  if (!std::all_of(options.mean.begin(), options.mean.end(), finite) ||
      !std::all_of(options.std.begin(), options.std.end(),
                   [&](float number) { return finite(number) && number > 0; })) {
    refuse(origin, "--ts-mean needs finite numbers and --ts-std numbers above 0");
  }
  if (!(options.centre_share > 0 && options.centre_share <= 1)) {
    refuse(origin, "--ts-fit centre:SHARE needs a share above 0 and at most 1");
  }
  if (options.classes.size() == 1) refuse(origin, "--classes: at least two classes are needed");
}

// The options over what is known.
ModelDescription apply(ModelDescription description, const ScriptOptions& options) {
  Preprocessing& preprocessing = description.preprocessing;
  if (options.width) preprocessing.width = *options.width;
  if (options.height) preprocessing.height = *options.height;
  if (!options.mean.empty()) preprocessing.mean = options.mean;
  if (!options.std.empty()) preprocessing.std = options.std;
  preprocessing.channels = static_cast<int>(preprocessing.mean.size());
  if (options.fit) {
    preprocessing.fit = *options.fit;
    preprocessing.centre_share = *options.fit == Fit::Centre ? options.centre_share : 1;
  }
  if (!options.classes.empty()) description.classes = options.classes;
  return description;
}

}  // namespace

ScriptDescription combine_description(const std::optional<ModelDescription>& file, const ScriptOptions& options,
                                      const std::string& origin, ScriptOutput file_output) {
  require_usable(options, origin);
  if (!file) {
    require_complete(options, origin);
    return {apply({"torchscript", {}, {}}, options), *options.output};
  }
  const ModelDescription combined = apply(*file, options);
  if (combined.classes != file->classes) {
    std::string names;
    for (const std::string& name : file->classes) names += (names.empty() ? "" : ",") + name;
    refuse(origin, fmt::format("the file tells {} apart, --classes says otherwise", names));
  }
  if (combined != *file || options.output.value_or(file_output) != file_output) {
    refuse(origin, "the file says itself how it wants its images, and the --ts- flags contradict it; leave them out");
  }
  return {*file, file_output};
}

}  // namespace animalctl
