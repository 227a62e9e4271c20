#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "animalctl/base/file.h"

namespace animalctl::checkpoint {

// Element types that checkpoints may hold. Complex and quantised types are refused on reading.
enum class ScalarType { Float32, Float64, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Bool };

// Bytes of one element: 1, 2, 4 or 8.
std::size_t size_of(ScalarType type);

// PyTorch's name without the module: "float32", "bfloat16", "uint8", "bool", …
std::string_view to_string(ScalarType type);

// C++ types through which elements are seen. Float16 and BFloat16 are seen as their raw 16 bits,
// Bool as bytes that are 0 or 1.
template <typename T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::int16_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t>;

// True when elements of `type` may be seen as T.
template <Element T>
constexpr bool matches(ScalarType type) {
  if constexpr (std::same_as<T, float>) return type == ScalarType::Float32;
  if constexpr (std::same_as<T, double>) return type == ScalarType::Float64;
  if constexpr (std::same_as<T, std::int64_t>) return type == ScalarType::Int64;
  if constexpr (std::same_as<T, std::int32_t>) return type == ScalarType::Int32;
  if constexpr (std::same_as<T, std::int16_t>) return type == ScalarType::Int16;
  if constexpr (std::same_as<T, std::uint16_t>) return type == ScalarType::Float16 || type == ScalarType::BFloat16;
  if constexpr (std::same_as<T, std::int8_t>) return type == ScalarType::Int8;
  if constexpr (std::same_as<T, std::uint8_t>) return type == ScalarType::UInt8 || type == ScalarType::Bool;
}

// A dense array: row-major (last index fastest), contiguous, little-endian, in memory of its own.
// shape {} is a scalar with one element; a 0 in the shape means no elements.
struct Tensor {
  ScalarType type = ScalarType::Float32;
  std::vector<std::int64_t> shape;
  Bytes data;

  // Number of elements by the shape. Throws InvalidArgument when a size is negative or the
  // product does not fit in 63 bits.
  std::int64_t element_count() const;

  // The elements; throws InvalidArgument when T does not match `type` or when `data` has not
  // exactly element_count() elements. The view lives as long as `data` is not changed.
  template <Element T>
  std::span<const T> as() const {
    require_view(matches<T>(type));
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

  bool operator==(const Tensor&) const = default;

 private:
  void require_view(bool type_matches) const;
};

// Throws InvalidArgument unless `data` has exactly the bytes that type and shape ask for.
void require_consistent(const Tensor& tensor);

// Makes a tensor from bytes of `type` in the layout above; throws InvalidArgument when their
// number does not fit the shape.
Tensor make_tensor(ScalarType type, std::vector<std::int64_t> shape, std::span<const std::byte> data);

// The type that make_tensor<T> gives.
template <Element T>
requires(!std::same_as<T, std::uint16_t>) constexpr ScalarType scalar_type_of() {
  if constexpr (std::same_as<T, float>) return ScalarType::Float32;
  if constexpr (std::same_as<T, double>) return ScalarType::Float64;
  if constexpr (std::same_as<T, std::int64_t>) return ScalarType::Int64;
  if constexpr (std::same_as<T, std::int32_t>) return ScalarType::Int32;
  if constexpr (std::same_as<T, std::int16_t>) return ScalarType::Int16;
  if constexpr (std::same_as<T, std::int8_t>) return ScalarType::Int8;
  if constexpr (std::same_as<T, std::uint8_t>) return ScalarType::UInt8;
}

// Makes a tensor by copying `elements` in row-major order, e.g.
//   make_tensor<float>({1, 256}, weights)
template <Element T>
Tensor make_tensor(std::vector<std::int64_t> shape, std::type_identity_t<std::span<const T>> elements) {
  return make_tensor(scalar_type_of<T>(), std::move(shape), std::as_bytes(elements));
}

}  // namespace animalctl::checkpoint
