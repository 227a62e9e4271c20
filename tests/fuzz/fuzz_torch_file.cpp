// The checkpoint reader on hostile bytes. An input that begins like a zip is a whole file; any other
// is the pickle member alone, with storages to refer to, because mutations seldom survive a zip's checksums.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/torch_file.h"
#include "checkpoint/unpickle.h"

namespace checkpoint = animalctl::checkpoint;

namespace {

constexpr std::uint64_t kByteLimit = std::uint64_t{8} << 20;

checkpoint::ReadLimits small_limits() {
  checkpoint::ReadLimits limits;
  limits.max_total_bytes = kByteLimit;
  limits.max_members = 1000;
  limits.max_objects = 20'000;
  return limits;
}

checkpoint::Value read(std::span<const std::byte> input) {
  const checkpoint::ReadLimits limits = small_limits();
  if (animalctl::as_text(input).starts_with("PK")) return checkpoint::parse_torch_file(input, "fuzz.pth", limits);
  static const animalctl::Bytes storage(64, std::byte{1});
  const std::span<const std::byte> bytes(storage);
  const checkpoint::StorageTable storages{{"0", bytes}, {"1", bytes.first(8)}, {"2", bytes.first(0)}};
  return checkpoint::unpickle(input, storages, "fuzz.pth", limits, kByteLimit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const checkpoint::Value value = read({reinterpret_cast<const std::byte*>(data), size});
    // What was read can be written, and reads the same again. Bytes are compared because NaN is not equal to itself.
    const animalctl::Bytes once = checkpoint::serialize_torch_file(value);
    const animalctl::Bytes twice = checkpoint::serialize_torch_file(checkpoint::parse_torch_file(once, "again.pth"));
    if (once != twice) std::abort();
  } catch (const animalctl::Error& error) {
    // InvalidArgument would mean that something was read that cannot be written.
    if (error.code() == animalctl::ErrorCode::InvalidArgument || error.code() == animalctl::ErrorCode::Internal) {
      std::abort();
    }
  }
  return 0;
}
