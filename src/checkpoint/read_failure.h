#pragma once

#include <cstdint>
#include <string_view>

namespace animalctl::checkpoint {

// The three ways in which a file is refused; every message begins "cannot read <file>: ".
[[noreturn]] void throw_damaged(std::string_view file, std::string_view what);      // DataLoss
[[noreturn]] void throw_unsupported(std::string_view file, std::string_view what);  // Unimplemented
[[noreturn]] void throw_over_limit(std::string_view file, std::string_view what);   // ResourceExhausted

// A sum of bytes that must stay under a limit.
class ByteBudget {
 public:
  // `what` names the sum in the message, e.g. "the tensors".
  ByteBudget(std::string_view file, std::string_view what, std::uint64_t limit)
      : file_(file), what_(what), limit_(limit), remaining_(limit) {}

  // To be called before the memory is taken; throws ResourceExhausted.
  void take(std::uint64_t bytes);

 private:
  std::string_view file_;
  std::string_view what_;
  std::uint64_t limit_;
  std::uint64_t remaining_;
};

}  // namespace animalctl::checkpoint
