#include "animalctl/checkpoint/tensor.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "animalctl/base/error.h"
#include "checkpoint/checked_math.h"

namespace animalctl::checkpoint {

std::size_t size_of(ScalarType type) {
  switch (type) {
    case ScalarType::Float64:
    case ScalarType::Int64:
      return 8;
    case ScalarType::Float32:
    case ScalarType::Int32:
      return 4;
    case ScalarType::Float16:
    case ScalarType::BFloat16:
    case ScalarType::Int16:
      return 2;
    case ScalarType::Int8:
    case ScalarType::UInt8:
    case ScalarType::Bool:
      return 1;
  }
  throw Error(ErrorCode::Internal, fmt::format("there is no scalar type number {}", static_cast<int>(type)));
}

std::string_view to_string(ScalarType type) {
  switch (type) {
    case ScalarType::Float32:
      return "float32";
    case ScalarType::Float64:
      return "float64";
    case ScalarType::Float16:
      return "float16";
    case ScalarType::BFloat16:
      return "bfloat16";
    case ScalarType::Int64:
      return "int64";
    case ScalarType::Int32:
      return "int32";
    case ScalarType::Int16:
      return "int16";
    case ScalarType::Int8:
      return "int8";
    case ScalarType::UInt8:
      return "uint8";
    case ScalarType::Bool:
      return "bool";
  }
  return "unknown";
}

std::int64_t Tensor::element_count() const {
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size == 0) {
      empty = true;
      continue;
    }
    const auto product = checked_multiply(count, size);
    if (size < 0 || !product) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("a tensor of shape [{}] cannot be: sizes must be 0 or more and their product below 2^63",
                              fmt::join(shape, ", ")));
    }
    count = *product;
  }
  return empty ? 0 : count;
}

void require_consistent(const Tensor& tensor) {
  const std::int64_t count = tensor.element_count();
  const auto bytes = checked_multiply(static_cast<std::uint64_t>(count), std::uint64_t{size_of(tensor.type)});
  if (!bytes || *bytes != tensor.data.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("a {} tensor of shape [{}] has {} elements of {} bytes, but {} bytes of data are given",
                            to_string(tensor.type), fmt::join(tensor.shape, ", "), count, size_of(tensor.type),
                            tensor.data.size()));
  }
}

void Tensor::require_view(bool type_matches) const {
  if (!type_matches) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("a {} tensor cannot be seen as another type; look at its type first", to_string(type)));
  }
  require_consistent(*this);
}

Tensor make_tensor(ScalarType type, std::vector<std::int64_t> shape, std::span<const std::byte> data) {
  Tensor tensor{type, std::move(shape), Bytes(data.begin(), data.end())};
  require_consistent(tensor);
  return tensor;
}

}  // namespace animalctl::checkpoint
