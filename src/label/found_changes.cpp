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

}  // namespace animalctl::label
