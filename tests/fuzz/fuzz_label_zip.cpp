#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "animalctl/base/error.h"
#include "label/server/zip_reader.h"

using animalctl::Error;
using animalctl::ErrorCode;
using animalctl::label::UploadLimits;
using animalctl::label::ZipMember;

// Any bytes give members within the limits, or an Error that says what is wrong with them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  UploadLimits limits;
  limits.max_members = 100;
  limits.max_member_bytes = 1 << 16;
  limits.max_total_bytes = 1 << 20;
  std::size_t members = 0;
  std::size_t bytes = 0;
  const auto take = [&](const std::string&, std::string content) {
    ++members;
    bytes += content.size();
    if (content.size() > limits.max_member_bytes) std::abort();
  };
  try {
    animalctl::label::read_zip(std::string_view(reinterpret_cast<const char*>(data), size), limits,
                               {[](const std::string&) { return ZipMember::Take; }, take,
                                [&](const std::string&, const std::string&) { ++members; }});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument && error.code() != ErrorCode::ResourceExhausted) std::abort();
  }
  if (members > limits.max_members || bytes > limits.max_total_bytes) std::abort();
  return 0;
}
