#include "checkpoint/safetensors_types.h"

#include <utility>

#include "animalctl/base/error.h"

namespace animalctl::checkpoint {
namespace {

constexpr std::pair<std::string_view, ScalarType> kTypes[] = {
    {"F32", ScalarType::Float32},   {"F64", ScalarType::Float64}, {"F16", ScalarType::Float16},
    {"BF16", ScalarType::BFloat16}, {"I64", ScalarType::Int64},   {"I32", ScalarType::Int32},
    {"I16", ScalarType::Int16},     {"I8", ScalarType::Int8},     {"U8", ScalarType::UInt8},
    {"BOOL", ScalarType::Bool},
};

}  // namespace

std::string_view safetensors_name(ScalarType type) {
  for (const auto& [name, plain] : kTypes) {
    if (plain == type) return name;
  }
  throw Error(ErrorCode::Internal, "an element type has no safetensors name");
}

std::optional<ScalarType> safetensors_type(std::string_view name) {
  for (const auto& [known, plain] : kTypes) {
    if (known == name) return plain;
  }
  return std::nullopt;
}

}  // namespace animalctl::checkpoint
