#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace animalctl::label {

// Small pictures by the name and tag of their image; what was not asked for longest goes first. Thread-safe.
class ThumbnailCache {
 public:
  explicit ThumbnailCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null: not there. An empty string: the image is shown as it is.
  std::shared_ptr<const std::string> find(const std::string& key);
  void keep(const std::string& key, std::shared_ptr<const std::string> picture);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const std::string> picture;
  };
  static std::size_t cost_of(const Entry& entry);

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  // Guarded by mutex_. The newest first.
  std::list<Entry> entries_;
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
  std::size_t bytes_ = 0;
};

}  // namespace animalctl::label
