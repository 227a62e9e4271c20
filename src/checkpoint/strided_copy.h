#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "animalctl/base/file.h"

namespace animalctl::checkpoint {

// Number of elements of a view of `shape` and `strides` (in elements) that begins at `offset` of
// a storage of `storage_count` elements; nothing when a number is negative, a product overflows or
// an element lies outside. Strides of 0 (an expanded tensor) are in order.
std::optional<std::int64_t> count_view_elements(std::span<const std::int64_t> shape,
                                                std::span<const std::int64_t> strides, std::int64_t offset,
                                                std::int64_t storage_count);

// Copies such a view, of elements of `element_size` bytes, in row-major order. The view must have
// passed count_view_elements with a result of `element_count`.
Bytes copy_view(std::span<const std::byte> storage, std::size_t element_size, std::int64_t offset,
                std::span<const std::int64_t> shape, std::span<const std::int64_t> strides, std::int64_t element_count);

}  // namespace animalctl::checkpoint
