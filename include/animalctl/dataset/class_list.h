#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// The classes a data set knows, in order: a label's number is its place in the list. Immutable, so
// it may be shared between threads.
class ClassList {
 public:
  // The names are trimmed and kept in upper case (ASCII). Throws InvalidArgument when there are fewer
  // than two, or one is empty or stands twice.
  explicit ClassList(std::span<const std::string> names);
  ClassList(std::initializer_list<std::string> names);

  // The class of this name in any letter case, or nothing when there is none.
  std::optional<int> index_of(std::string_view name) const;

  const std::vector<std::string>& names() const { return names_; }
  const std::string& name(int index) const { return names_.at(static_cast<std::size_t>(index)); }
  std::size_t size() const { return names_.size(); }
  // "CAT, DOG": for messages.
  std::string joined() const;

 private:
  std::vector<std::string> names_;
};

}  // namespace animalctl
