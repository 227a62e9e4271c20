#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace animalctl::label {

// A number found by its text, where the texts are kept elsewhere: 8 bytes a place, so that a million names take 16 MB.
// Open addressing with linear probing; numbers are never taken out. Not thread-safe.
class NameIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // The number whose text equals `text`, or kNone. `text_of` gives the text of a number.
  template <typename TextOf>
  std::uint32_t find(std::string_view text, const TextOf& text_of) const {
    if (places_.empty()) return kNone;
    const std::uint64_t hash = std::hash<std::string_view>{}(text);
    for (std::size_t at = hash & mask(); places_[at].number != kNone; at = (at + 1) & mask()) {
      if (places_[at].tag == tag_of(hash) && text_of(places_[at].number) == text) return places_[at].number;
    }
    return kNone;
  }

  // Adds a number whose text is not in yet.
  template <typename TextOf>
  void insert(std::string_view text, std::uint32_t number, const TextOf& text_of) {
    if ((count_ + 1) * 2 > places_.size()) grow(places_.empty() ? 16 : places_.size() * 2, text_of);
    place(std::hash<std::string_view>{}(text), number);
    ++count_;
  }

  // Adds the numbers of [first, last) in their order, each unless an equal text is in: then `meet(number, known)` is
  // called. Quicker than one by one, because the places are fetched ahead.
  template <typename TextOf, typename Meet>
  void insert_all(std::uint32_t first, std::uint32_t last, const TextOf& text_of, const Meet& meet) {
    constexpr std::uint32_t kAhead = 16;
    std::array<std::uint64_t, kAhead> hashes{};
    reserve(count_ + (last - first), text_of);
    for (std::uint32_t begin = first; begin < last; begin += kAhead) {
      const std::uint32_t end = std::min(last, begin + kAhead);
      for (std::uint32_t number = begin; number < end; ++number) {
        const std::uint64_t hash = std::hash<std::string_view>{}(text_of(number));
        hashes[number - begin] = hash;
        __builtin_prefetch(&places_[hash & mask()], 1);
      }
      for (std::uint32_t number = begin; number < end; ++number) {
        const std::uint32_t known = find_or_place(hashes[number - begin], number, text_of);
        if (known != kNone) meet(number, known);
      }
    }
  }

  // Room for so many numbers without growing.
  template <typename TextOf>
  void reserve(std::size_t count, const TextOf& text_of) {
    std::size_t size = 16;
    while (size < count * 2) size *= 2;
    if (size > places_.size()) grow(size, text_of);
  }

 private:
  struct Place {
    std::uint32_t number = kNone;
    std::uint32_t tag = 0;
  };

  std::size_t mask() const { return places_.size() - 1; }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  template <typename TextOf>
  std::uint32_t find_or_place(std::uint64_t hash, std::uint32_t number, const TextOf& text_of) {
    std::size_t at = hash & mask();
    for (; places_[at].number != kNone; at = (at + 1) & mask()) {
      if (places_[at].tag == tag_of(hash) && text_of(places_[at].number) == text_of(number)) return places_[at].number;
    }
    places_[at] = {number, tag_of(hash)};
    ++count_;
    return kNone;
  }

  void place(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = hash & mask();
    while (places_[at].number != kNone) at = (at + 1) & mask();
    places_[at] = {number, tag_of(hash)};
  }

  template <typename TextOf>
  void grow(std::size_t size, const TextOf& text_of) {
    std::vector<Place> old(size);
    old.swap(places_);
    for (const Place& entry : old) {
      if (entry.number != kNone) place(std::hash<std::string_view>{}(text_of(entry.number)), entry.number);
    }
  }

  std::vector<Place> places_;
  std::size_t count_ = 0;
};

}  // namespace animalctl::label
