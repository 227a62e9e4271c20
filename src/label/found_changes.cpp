#include "label/found_changes.h"

#include <utility>

namespace animalctl::label {

LoggedEvent found_event(const std::string& name, const PresentItem& present, Standing after, Time now) {
  LoggedEvent logged;
  logged.before = present.standing;
  logged.after = std::move(after);
  Event& event = logged.event;
  event.at = now;
  event.name = name;
  event.origin = Origin::File;
  event.revision = present.revision + 1;
  event.state_before = logged.before.state;
  event.label_before = logged.before.label;
  event.action = logged.after.state == ItemState::Labelled ? Action::Label : Action::Clear;
  if (logged.before.state == ItemState::Rejected) event.action = Action::Restore;
  if (logged.after.state == ItemState::Rejected) event.action = Action::Reject;
  if (logged.after.state == ItemState::Labelled) {
    event.label = logged.after.label;
    event.source = logged.after.source;
  }
  return logged;
}

std::string free_item_name(const StoreState& state, const Workspace& workspace, const std::string& wanted) {
  std::string name = wanted;
  for (unsigned int number = 2;; ++number) {
    if (!workspace.facts(name)) {
      const auto lock = state.read();
      // One that was there and went may be somebody's again only under its own name.
      const FrameId id = number == 2 ? state.table.find_present(name) : state.table.find(name);
      if (id == kNoFrame) return name;
    }
    name = numbered_name(wanted, number);
  }
}

}  // namespace animalctl::label
