#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/value.h"

// Reads and writes the zip files of PyTorch's torch.save (PyTorch 1.6 and later), without
// LibTorch and without running anything a file says. docs/formats/checkpoint.md has the format.
namespace animalctl::checkpoint {

// What a file may ask for; each is checked before the memory is taken.
struct ReadLimits {
  // The file itself.
  std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
  // Members of the zip.
  std::size_t max_members = 100'000;
  // One member, and the pickle member, after decompression.
  std::uint64_t max_member_bytes = std::uint64_t{4} << 30;
  std::uint64_t max_pickle_bytes = std::uint64_t{64} << 20;
  // All members together, and all tensors and strings together, after decompression and after
  // shared storages and strided views became copies.
  std::uint64_t max_total_bytes = std::uint64_t{8} << 30;
  // The same two sums may also not be over free_bytes + max_expansion × file size: a small file
  // cannot take much memory by deflate or by an expanded tensor, whatever the limits above.
  std::uint64_t max_expansion = 16;
  std::uint64_t free_bytes = std::uint64_t{64} << 20;
  // Objects of the pickle, and of the result (a shared list counts each time).
  std::size_t max_objects = 2'000'000;
  // Nesting of lists, tuples and dicts.
  std::size_t max_depth = 64;
};

// Reads a checkpoint. Tensors on any device are read (CUDA ones into host memory); gradient
// flags and hooks are dropped; nn.Parameter is its tensor; torch.Size is a tuple; torch.device and
// dtypes are strings ("cuda:0", "torch.float32").
// Throws NotFound, InvalidArgument (a folder); DataLoss (empty, truncated, damaged, not a zip, names of
// Python objects that are not read, contradictory sizes); Unimplemented (pre-1.6 files, TorchScript,
// big-endian machines, complex, sparse and quantised tensors); ResourceExhausted (over a limit).
// Messages name the file. Thread-safe.
Value read_torch_file(const std::filesystem::path& path, const ReadLimits& limits = {});

// The same from memory; `name` stands for the file in messages.
Value parse_torch_file(std::span<const std::byte> file, std::string_view name, const ReadLimits& limits = {});

// Writes a checkpoint that torch.load reads, in one durable step (AtomicFile). It also loads with
// weights_only=True; only PyTorch 1.13's first such reader refuses numbers with a fraction outside
// tensors, whoever wrote them (2.0 reads them). The bytes are a function of the stem of the path and the value only.
// Throws InvalidArgument when the value cannot be written (a tensor whose data does not fit its
// shape, text that is not UTF-8, a key that is a tensor, list, tuple or dict or appears twice, nesting over
// 64), before the file is touched, and what AtomicFile throws.
void write_torch_file(const std::filesystem::path& path, const Value& value);

// The bytes that write_torch_file would write. `archive_name` is the folder inside the zip; when it has other
// than ASCII letters, digits and "._- +" it is "archive" instead.
Bytes serialize_torch_file(const Value& value, std::string_view archive_name = "archive");

}  // namespace animalctl::checkpoint
