#include "label/change_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/text.h"

namespace animalctl::label {
namespace {

Decision decline(std::string message) {
  return {ChangeStatus::Refused, std::move(message), std::nullopt};
}

// The suggestion that counts: the one shown or, when it was withheld on purpose, the newest one known.
std::optional<Prediction> suggestion_of(const Change& change, const PresentItem& present) {
  if (change.shown || !change.blind) return change.shown;
  return present.prediction;
}

Standing labelled_as(const std::string& label, const std::optional<Prediction>& suggestion, const Change& change,
                     Time now) {
  Standing after;
  after.state = ItemState::Labelled;
  after.label = label;
  // A person who did not see the suggestion cannot have followed it.
  const bool followed = suggestion && !change.blind && to_upper(suggestion->label) == to_upper(label);
  after.source = followed ? "auto" : "manual";
  if (suggestion) {
    if (std::isfinite(suggestion->score)) after.score = suggestion->score;
    if (suggestion->version >= 0) after.version = suggestion->version;
  }
  after.annotator = change.annotator;
  after.labelled_at = now;
  return after;
}

LoggedEvent event_of(const Change& change, const PresentItem& present, Standing after, Time now) {
  LoggedEvent logged;
  logged.before = present.standing;
  logged.after = std::move(after);
  Event& event = logged.event;
  event.at = now;
  event.name = change.name;
  event.annotator = change.annotator;
  event.action = change.action;
  event.label = logged.after.state == ItemState::Labelled ? logged.after.label : std::string();
  event.source = logged.after.state == ItemState::Labelled ? logged.after.source : std::string();
  event.state_before = logged.before.state;
  event.label_before = logged.before.label;
  event.revision = present.revision + 1;
  event.shown = suggestion_of(change, present);
  event.blind = change.blind;
  event.milliseconds = change.milliseconds;
  event.origin = change.origin;
  return logged;
}

Action action_towards(const Standing& before, const Standing& after) {
  if (after.state == ItemState::Rejected) return Action::Reject;
  if (before.state == ItemState::Rejected) return Action::Restore;
  switch (after.state) {
    case ItemState::Labelled:
      return Action::Label;
    case ItemState::Skipped:
      return Action::Skip;
    case ItemState::Unlabelled:
    case ItemState::Rejected:
      break;
  }
  return Action::Clear;
}

}  // namespace

bool is_request_key(std::string_view key) {
  if (key.empty()) return true;
  return key.size() >= 8 && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

Decision decide(const Change& change, const PresentItem& present, const ClassList& classes, Time now,
                const std::function<Standing()>& before_rejection) {
  if (change.revision && *change.revision != present.revision) {
    return {ChangeStatus::Conflict,
            fmt::format("the image was changed since: its revision is {}, not {}", present.revision, *change.revision),
            std::nullopt};
  }
  const bool is_rejected = present.standing.state == ItemState::Rejected;
  Standing after;
  switch (change.action) {
    case Action::Label: {
      const std::optional<int> label = classes.index_of(change.label);
      if (!label) {
        return decline(fmt::format("\"{}\" is none of the classes {}", change.label.substr(0, 64), classes.joined()));
      }
      after = labelled_as(classes.name(*label), suggestion_of(change, present), change, now);
      break;
    }
    case Action::Skip:
      after.state = ItemState::Skipped;
      after.annotator = change.annotator;
      break;
    case Action::Reject:
      if (is_rejected) return decline("the image is in the trash already");
      after = present.standing;
      after.state = ItemState::Rejected;
      break;
    case Action::Restore:
      if (!is_rejected) return decline("the image is not in the trash, there is nothing to restore");
      after = before_rejection();
      break;
    case Action::Clear:
      break;
  }
  return {ChangeStatus::Done, "", event_of(change, present, std::move(after), now)};
}

Decision decide_undo(const LoggedEvent& undone, const PresentItem& present, bool changed_by_others, Time now) {
  if (changed_by_others) {
    return {ChangeStatus::Conflict, "somebody else has changed the image since", std::nullopt};
  }
  LoggedEvent logged;
  logged.before = present.standing;
  logged.after = undone.before;
  Event& event = logged.event;
  event.at = now;
  event.name = undone.event.name;
  event.annotator = undone.event.annotator;
  event.action = action_towards(logged.before, logged.after);
  event.label = logged.after.state == ItemState::Labelled ? logged.after.label : std::string();
  event.source = logged.after.state == ItemState::Labelled ? logged.after.source : std::string();
  event.state_before = logged.before.state;
  event.label_before = logged.before.label;
  event.revision = present.revision + 1;
  event.undoes = undone.event.id;
  event.origin = undone.event.origin;
  return {ChangeStatus::Done, "", std::move(logged)};
}

Annotation annotation_of(const Standing& standing) {
  return {standing.label, standing.source, standing.score, standing.version};
}

Standing standing_of(const Annotation& annotation, const ClassList& classes) {
  Standing standing;
  standing.state = ItemState::Labelled;
  const std::optional<int> label = classes.index_of(annotation.label);
  standing.label = label ? classes.name(*label) : annotation.label;
  standing.source = annotation.source;
  if (annotation.score && std::isfinite(*annotation.score)) standing.score = annotation.score;
  standing.version = annotation.version;
  return standing;
}

bool says_the_same(const Annotation& annotation, const Standing& standing, const ClassList& classes) {
  const Standing read = standing_of(annotation, classes);
  return standing.state == ItemState::Labelled && read.label == standing.label && read.source == standing.source &&
         read.score == standing.score && read.version == standing.version;
}

}  // namespace animalctl::label
