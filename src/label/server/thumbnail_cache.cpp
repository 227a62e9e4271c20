#include "label/server/thumbnail_cache.h"

#include <utility>

namespace animalctl::label {
namespace {

constexpr std::size_t kEntryCost = 200;  // of the two containers, roughly

}  // namespace

std::size_t ThumbnailCache::cost_of(const Entry& entry) {
  return kEntryCost + 2 * entry.key.size() + entry.picture->size();
}

std::shared_ptr<const std::string> ThumbnailCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return entries_.front().picture;
}

void ThumbnailCache::keep(const std::string& key, std::shared_ptr<const std::string> picture) {
  Entry entry{key, std::move(picture)};
  const std::size_t cost = cost_of(entry);
  const std::lock_guard lock(mutex_);
  if (cost > max_bytes_ || places_.contains(key)) return;
  entries_.push_front(std::move(entry));
  places_[key] = entries_.begin();
  bytes_ += cost;
  while (bytes_ > max_bytes_) {
    bytes_ -= cost_of(entries_.back());
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

std::size_t ThumbnailCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace animalctl::label
