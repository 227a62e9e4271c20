#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "animalctl/http/message.h"

namespace animalctl::label {

// Where a download is put together: in memory while it is small, then in a file without a name in the system's folder
// for temporary files, which goes with its last user. Not thread-safe.
class Spool {
 public:
  explicit Spool(std::size_t in_memory = std::size_t{4} << 20) : in_memory_(in_memory) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Throws ResourceExhausted (disk full) and what else writing throws.
  void write(std::string_view bytes);
  // Moves all of it into an answer's body.
  void hand_over(http::Response& response);

 private:
  void flush();

  const std::size_t in_memory_;
  std::string buffer_;
  int file_ = -1;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace animalctl::label
