#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace animalctl::checkpoint {

// Writes a zip of stored members. The bytes depend on names and contents only: no times, no owners.
class ZipWriter {
 public:
  // `sink` receives the bytes in order; what it throws, add and finish throw.
  explicit ZipWriter(std::function<void(std::span<const std::byte>)> sink);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  void add(const std::string& name, std::span<const std::byte> content);
  // Writes the end of the zip; to be called once, last.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::checkpoint
