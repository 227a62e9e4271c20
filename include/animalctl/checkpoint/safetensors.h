#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/value.h"

namespace animalctl::checkpoint {

// A safetensors file (github.com/huggingface/safetensors, README "Format"): 8 bytes little-endian header size, a JSON
// header {name: {dtype, shape, data_offsets}}, the tensors' bytes without gaps.
struct Safetensors {
  Dict tensors;                                 // ordered; names in the order of their data; values Tensor
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// What a file may ask for; each is checked before the memory is taken.
struct SafetensorsLimits {
  std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
  std::uint64_t max_header_bytes = 100'000'000;  // the reference's bound
};

// True when the name ends in ".safetensors".
bool is_safetensors(const std::filesystem::path& path);

// Messages name the file. Throws NotFound, InvalidArgument (a folder); DataLoss when the header is cut off, is not a
// JSON object, names an offset outside the file, overlaps, leaves gaps or bytes at the end, or gives a size that
// contradicts the shape; Unimplemented for an element type that ScalarType has not; ResourceExhausted over a limit.
// Thread-safe.
Safetensors read_safetensors(const std::filesystem::path& path, const SafetensorsLimits& limits = {});

// The same from memory; `name` stands for the file in messages.
Safetensors parse_safetensors(std::span<const std::byte> file, std::string_view name,
                              const SafetensorsLimits& limits = {});

// Atomic and durable. The data lie in the order given but wider element types first, and the header is padded with
// spaces to a multiple of 8, so that every tensor is aligned for readers that map the file. The bytes are a function of
// the content only. Throws InvalidArgument before the file is touched when a name is no UTF-8 text, appears twice or is
// "__metadata__", or a value is no tensor or contradicts its shape; and what AtomicFile throws.
void write_safetensors(const std::filesystem::path& path, const Safetensors& file);

// The bytes that write_safetensors would write.
Bytes serialize_safetensors(const Safetensors& file);

}  // namespace animalctl::checkpoint
