#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "serve/v2_request.h"

namespace animalctl::serve {

// Product of the dimensions. Throws InvalidArgument when it overflows, naming `tensor`.
std::size_t v2_element_count(std::span<const std::size_t> shape, std::string_view tensor);

// Fills the data of `input`, whose name, type and shape are set, from binary data (Triton's extension): little-endian,
// row-major; each BYTES element is its length in 4 bytes and its content. UINT8 and BYTES point into `data`.
// Throws InvalidArgument unless the data has exactly the shape's elements and FP32 are finite.
void read_v2_binary(V2Input& input, std::span<const std::byte> data);

// An error of a tensor: InvalidArgument "input \"x\": <text>".
[[noreturn]] void refuse_v2_input(std::string_view tensor, std::string_view text);

}  // namespace animalctl::serve
