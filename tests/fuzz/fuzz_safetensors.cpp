// The safetensors reader on hostile bytes. An input that begins with '{' is a header (its length is put before it) with
// 16 bytes of data, because a mutation seldom keeps the length right; any other input is a whole file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/safetensors.h"

namespace checkpoint = animalctl::checkpoint;

namespace {

constexpr std::size_t kDataBytes = 16;

animalctl::Bytes as_file(const std::uint8_t* data, std::size_t size) {
  const auto* const begin = reinterpret_cast<const std::byte*>(data);
  animalctl::Bytes file;
  const bool bare_header = size > 0 && data[0] == '{';
  if (bare_header) {
    file.resize(sizeof(std::uint64_t));
    const std::uint64_t header_size = size;
    std::memcpy(file.data(), &header_size, sizeof header_size);
  }
  file.insert(file.end(), begin, begin + size);
  if (bare_header) file.resize(file.size() + kDataBytes, std::byte{1});
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto read = checkpoint::parse_safetensors(as_file(data, size), "fuzz.safetensors");
    // What was read can be written, and reads the same again.
    const animalctl::Bytes once = checkpoint::serialize_safetensors(read);
    if (once != checkpoint::serialize_safetensors(checkpoint::parse_safetensors(once, "again.safetensors"))) {
      std::abort();
    }
  } catch (const animalctl::Error& error) {
    // InvalidArgument would mean that something was read that cannot be written.
    if (error.code() == animalctl::ErrorCode::InvalidArgument || error.code() == animalctl::ErrorCode::Internal) {
      std::abort();
    }
  }
  return 0;
}
