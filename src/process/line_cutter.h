#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace animalctl::process {

// Cuts a stream of bytes into lines.
class LineCutter {
 public:
  static constexpr std::size_t kLongest = std::size_t{64} << 10;

  // Calls use(line) for every line that is complete now; a longer one in pieces.
  template <typename Use>
  void add(std::string_view bytes, Use&& use) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::size_t room = kLongest - begun_.size();
      if (end == std::string_view::npos || end > room) {
        begun_ += bytes.substr(0, room);
        bytes.remove_prefix(std::min(room, bytes.size()));
        if (begun_.size() == kLongest) finish(use);
        continue;
      }
      begun_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      emit(use);
    }
  }

  // The stream has ended: what stands after the last line's end is a line too.
  template <typename Use>
  void finish(Use&& use) {
    if (!begun_.empty()) emit(use);
  }

 private:
  template <typename Use>
  void emit(Use&& use) {
    std::string_view line = begun_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    use(line);
    begun_.clear();
  }

  std::string begun_;
};

}  // namespace animalctl::process
