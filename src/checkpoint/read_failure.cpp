#include "checkpoint/read_failure.h"

#include <fmt/format.h>

#include "animalctl/base/error.h"

namespace animalctl::checkpoint {

void throw_damaged(std::string_view file, std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("cannot read {}: {}", file, what));
}

void throw_unsupported(std::string_view file, std::string_view what) {
  throw Error(ErrorCode::Unimplemented, fmt::format("cannot read {}: {}", file, what));
}

void throw_over_limit(std::string_view file, std::string_view what) {
  throw Error(ErrorCode::ResourceExhausted, fmt::format("cannot read {}: {}", file, what));
}

void ByteBudget::take(std::uint64_t bytes) {
  if (bytes > remaining_) {
    throw_over_limit(file_, fmt::format("{} would take more than {} bytes of memory", what_, limit_));
  }
  remaining_ -= bytes;
}

}  // namespace animalctl::checkpoint
