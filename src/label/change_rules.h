#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/class_list.h"
#include "animalctl/label/change.h"
#include "label/logged_event.h"

namespace animalctl::label {

// An item as the rules see it.
struct PresentItem {
  Standing standing;
  std::uint64_t revision = 0;
  std::optional<Prediction> prediction;
};

// What becomes of a change: an event without id and trash name, or why not.
struct Decision {
  ChangeStatus status = ChangeStatus::Done;  // Done, Conflict or Refused
  std::string message;
  std::optional<LoggedEvent> logged;
};

// True for "" (no key) and 8..64 characters of [A-Za-z0-9_-].
bool is_request_key(std::string_view key);

// The rules of docs/labelling-api.md as a pure function. `before_rejection` gives what a rejected item was before; it
// is called for Action::Restore only.
Decision decide(const Change& change, const PresentItem& present, const ClassList& classes, Time now,
                const std::function<Standing()>& before_rejection);

// Takes back `undone`, the person's newest change: back to what was before it. Conflict when the item has another
// revision than `undone` or the undoes of this person since left it with.
Decision decide_undo(const LoggedEvent& undone, const PresentItem& present, bool changed_by_others, Time now);

// The annotation file of a labelled item.
Annotation annotation_of(const Standing& standing);
// What an annotation file says; labels of the classes in their letter case.
Standing standing_of(const Annotation& annotation, const ClassList& classes);
// Whether the file says what the standing says.
bool says_the_same(const Annotation& annotation, const Standing& standing, const ClassList& classes);

}  // namespace animalctl::label
