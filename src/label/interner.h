#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace animalctl::label {

// Gives equal texts one small number: labels, sources and people, of which there are few. 0 is "". Not thread-safe.
class Interner {
 public:
  Interner() { id_of(""); }
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;

  std::uint32_t id_of(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    const auto id = static_cast<std::uint32_t>(texts_.size());
    ids_.emplace(texts_.emplace_back(text), id);
    return id;
  }
  const std::string& text(std::uint32_t id) const { return texts_[id]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

 private:
  std::deque<std::string> texts_;  // their addresses are the keys below
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

}  // namespace animalctl::label
