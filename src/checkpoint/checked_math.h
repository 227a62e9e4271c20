#pragma once

#include <concepts>
#include <optional>

namespace animalctl::checkpoint {

// Sums and products of numbers that a file gave: nothing instead of an overflow.
template <std::integral T>
std::optional<T> checked_add(T a, T b) {
  T result;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

template <std::integral T>
std::optional<T> checked_multiply(T a, T b) {
  T result;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

}  // namespace animalctl::checkpoint
