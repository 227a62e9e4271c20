#pragma once

#include <optional>
#include <string_view>

#include "animalctl/checkpoint/tensor.h"

namespace animalctl::checkpoint {

// The key of a safetensors header that is no tensor.
inline constexpr const char* kSafetensorsMetadata = "__metadata__";

// The format's name of an element type, e.g. "F32", and back; nothing for a name that has no ScalarType.
std::string_view safetensors_name(ScalarType type);
std::optional<ScalarType> safetensors_type(std::string_view name);

}  // namespace animalctl::checkpoint
