#include "animalctl/dataset/class_list.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl {
namespace {

bool equal_ignoring_case(std::string_view upper, std::string_view text) {
  const auto same = [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? static_cast<char>(b - 32) : b); };
  return upper.size() == text.size() && std::equal(upper.begin(), upper.end(), text.begin(), same);
}

}  // namespace

ClassList::ClassList(std::span<const std::string> names) {
  for (const std::string& name : names) {
    const std::string upper = to_upper(trim(name));
    if (upper.empty()) {
      throw Error(ErrorCode::InvalidArgument, "the list of classes has an empty name; give names such as cat,dog");
    }
    if (std::find(names_.begin(), names_.end(), upper) != names_.end()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("the list of classes has {} twice (letter case does not count); name each once", upper));
    }
    names_.push_back(upper);
  }
  if (names_.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the list of classes has {} name{}; give at least two, e.g. cat,dog", names_.size(),
                            names_.size() == 1 ? "" : "s"));
  }
}

ClassList::ClassList(std::initializer_list<std::string> names)
    : ClassList(std::span<const std::string>(names.begin(), names.size())) {}

std::optional<int> ClassList::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (equal_ignoring_case(names_[i], name)) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::string ClassList::joined() const {
  std::string text;
  for (const std::string& name : names_) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace animalctl
