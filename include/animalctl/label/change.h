#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/label/item.h"

namespace animalctl::label {

enum class Action : std::uint8_t { Label, Skip, Reject, Restore, Clear };

// "label", "skip", "reject", "restore", "clear".
std::string_view name_of(Action action);
std::optional<Action> action_of(std::string_view name);

// Where a change came from.
enum class Origin : std::uint8_t { Page, Seed, Import, File };  // File: somebody edited the folder

// "page", "seed", "import", "file".
std::string_view name_of(Origin origin);

// One change that somebody asks for.
struct Change {
  // Chosen by the client, 8..64 of [A-Za-z0-9_-]: a second change of the same key is answered as the first was.
  // Empty (the seed's API): none.
  std::string key;
  std::string name;
  std::optional<std::uint64_t> revision;  // the one the person saw; absent (the seed's API): whatever it is now
  Action action = Action::Label;
  std::string label;                // of Action::Label: one of the classes, in any letter case
  std::optional<Prediction> shown;  // the suggestion the person saw
  // Whether a suggestion was withheld on purpose, to measure how far people follow the model.
  bool blind = false;
  std::optional<std::uint32_t> milliseconds;  // from the image's appearance to the key
  std::string annotator;
  Origin origin = Origin::Page;
};

enum class ChangeStatus : std::uint8_t {
  Done,         // on the disk
  Conflict,     // the item has another revision: `item` is as it is now
  NotFound,     // no such item
  Refused,      // `message` says why (unknown class, nothing to restore, key of another form)
  StorageFull,  // nothing of it happened
  Unavailable,  // the store is closing or the disk fails; nothing of it happened
};

struct ChangeOutcome {
  ChangeStatus status = ChangeStatus::Done;
  std::optional<Item> item;  // Done: as it is after the change; Conflict: as it is
  std::string message;
};

// A change that happened, as the history keeps it.
struct Event {
  std::uint64_t id = 0;  // grows with time, unique in the database
  Time at;
  std::string name;
  std::string annotator;
  Action action = Action::Label;
  std::string label;
  std::string source;  // the annotation's after it: "manual" or "auto"; empty unless labelled
  ItemState state_before = ItemState::Unlabelled;
  std::string label_before;
  std::uint64_t revision = 0;  // of the item after it
  std::optional<Prediction> shown;
  bool blind = false;
  std::optional<std::uint32_t> milliseconds;
  std::optional<std::uint64_t> undoes;  // the event it takes back
  Origin origin = Origin::Page;
};

}  // namespace animalctl::label
