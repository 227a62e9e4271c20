#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/digest.h"

namespace animalctl::serve {

// Finds out whether a picture is among the frames already, under whatever name: frames of the same size are read and
// compared by their digest. The folder's listing is kept (about 50 bytes a frame) and renewed when the folder has
// changed, but never for more than a fiftieth of the time. Not thread-safe.
class FrameContents {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  // Touches nothing yet.
  explicit FrameContents(std::filesystem::path folder, Now now = std::chrono::steady_clock::now);

  // The name of a frame with this content; "" when there is none. A folder that is not there has none. Throws what
  // listing the folder throws.
  std::string find(const Digest& digest, std::uint64_t bytes);

  // How many frames whose names begin with `prefix` were last written at this time or later, by the listing in hand,
  // which is made when there is none.
  std::size_t written_since(std::string_view prefix, std::chrono::system_clock::time_point time);

 private:
  struct Entry {
    std::uint64_t bytes = 0;
    std::int64_t modified_s = 0;
    std::size_t name = 0;  // where it begins in names_
  };
  void list_when_changed();
  void list();
  std::string_view name_of(const Entry& entry) const;

  const std::filesystem::path folder_;
  const Now now_;
  std::vector<Entry> entries_;  // by size
  std::string names_;           // each ends in NUL
  std::int64_t folder_modified_ns_ = -1;
  std::chrono::steady_clock::time_point next_listing_{};
};

}  // namespace animalctl::serve
