#include <algorithm>
#include <array>
#include <iterator>

#include "animalctl/label/change.h"
#include "animalctl/label/item.h"

namespace animalctl::label {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"unlabelled", "labelled", "skipped", "rejected"};
constexpr std::array<std::string_view, 5> kActions = {"label", "skip", "reject", "restore", "clear"};
constexpr std::array<std::string_view, 4> kOrigins = {"page", "seed", "import", "file"};

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(std::distance(names.begin(), found));
}

}  // namespace

std::string_view name_of(ItemState state) {
  return kStates.at(static_cast<std::size_t>(state));
}
std::optional<ItemState> item_state(std::string_view name) {
  return value_of<ItemState>(kStates, name);
}

std::string_view name_of(Action action) {
  return kActions.at(static_cast<std::size_t>(action));
}
std::optional<Action> action_of(std::string_view name) {
  return value_of<Action>(kActions, name);
}

std::string_view name_of(Origin origin) {
  return kOrigins.at(static_cast<std::size_t>(origin));
}

}  // namespace animalctl::label
