#include "checkpoint/strided_copy.h"

#include <cstring>
#include <vector>

#include "checkpoint/checked_math.h"

namespace animalctl::checkpoint {

std::optional<std::int64_t> count_view_elements(std::span<const std::int64_t> shape,
                                                std::span<const std::int64_t> strides, std::int64_t offset,
                                                std::int64_t storage_count) {
  if (shape.size() != strides.size() || offset < 0) return std::nullopt;
  std::int64_t count = 1;
  std::int64_t last = offset;
  bool empty = false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0 || strides[i] < 0) return std::nullopt;
    if (shape[i] == 0) {
      empty = true;
      continue;
    }
    const auto product = checked_multiply(count, shape[i]);
    const auto reach = checked_multiply(shape[i] - 1, strides[i]);
    const auto end = reach ? checked_add(last, *reach) : std::nullopt;
    if (!product || !end) return std::nullopt;
    count = *product;
    last = *end;
  }
  if (empty) return 0;
  if (last >= storage_count) return std::nullopt;
  return count;
}

namespace {

bool is_contiguous(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

}  // namespace

Bytes copy_view(std::span<const std::byte> storage, std::size_t element_size, std::int64_t offset,
                std::span<const std::int64_t> shape, std::span<const std::int64_t> strides,
                std::int64_t element_count) {
  if (element_count == 0) return {};
  const std::byte* const first = storage.data() + static_cast<std::size_t>(offset) * element_size;
  const std::size_t size = static_cast<std::size_t>(element_count) * element_size;
  if (is_contiguous(shape, strides)) return Bytes(first, first + size);

  Bytes result(size);
  std::byte* target = result.data();
  std::vector<std::int64_t> index(shape.size(), 0);
  // Unsigned: the stride of a dimension of size 1 is any number, and adding and taking it away must be harmless.
  std::uint64_t position = 0;
  for (std::int64_t done = 0; done < element_count; ++done) {
    std::memcpy(target, first + position * element_size, element_size);
    target += element_size;
    for (std::size_t i = shape.size(); i-- > 0;) {
      const auto stride = static_cast<std::uint64_t>(strides[i]);
      position += stride;
      if (++index[i] < shape[i]) break;
      position -= stride * static_cast<std::uint64_t>(shape[i]);
      index[i] = 0;
    }
  }
  return result;
}

}  // namespace animalctl::checkpoint
