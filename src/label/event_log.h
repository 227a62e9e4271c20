#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/label/label_store.h"
#include "animalctl/lake/database.h"
#include "label/logged_event.h"

namespace animalctl::label {

// What the database keeps of an item: its standing after its newest event.
struct LoggedItem {
  std::string name;
  std::uint64_t event = 0;
  std::uint64_t revision = 0;
  Standing standing;
  std::string trash_name;
};

// The outcome that a key was answered with.
struct KeptOutcome {
  ChangeOutcome outcome;
  std::optional<std::uint64_t> undone;  // of an undo: the event it took back
};

// The writer's side of the history: append-only events, the items' newest standing, keys, predictions. Used by one
// thread at a time. Errors as lake::Database.
class EventLog {
 public:
  explicit EventLog(const std::string& address);

  lake::Database& database() { return *database_; }

  std::uint64_t newest_event();
  void append(const LoggedEvent& logged);
  std::optional<LoggedEvent> event(std::uint64_t id);
  // This person's newest event (with an id below `below`) that is no undo, was not undone, and was not found in the
  // folder.
  std::optional<LoggedEvent> newest_to_undo(std::string_view annotator, std::optional<std::uint64_t> below);
  // The newest rejection of an item: what it was before.
  std::optional<LoggedEvent> newest_rejection(std::string_view name);

  std::optional<KeptOutcome> outcome_of(std::string_view key);
  void keep_outcome(std::string_view key, const KeptOutcome& kept);

  void keep_predictions(std::span<const std::pair<std::string, Prediction>> predictions, std::uint64_t stamp);
  std::uint64_t newest_stamp();
  void for_each_prediction(std::uint64_t above_stamp,
                           const std::function<void(const std::string&, const Prediction&)>& visit);
  void for_each_item(std::uint64_t above_event, const std::function<void(const LoggedItem&)>& visit);
  std::optional<LoggedItem> item_of(std::string_view name);
  // In the order they happened.
  void for_each_event(std::uint64_t above, const std::function<void(const LoggedEvent&)>& visit);

  // A number that the database gave itself when it was new; another database has another one.
  std::uint64_t database_number();

  // The newest event whose files are known to have reached the disk.
  std::uint64_t synced_event();
  void set_synced_event(std::uint64_t id);

 private:
  void query_items(std::string_view condition, const lake::Value& parameter,
                   const std::function<void(const LoggedItem&)>& visit);
  std::optional<LoggedEvent> one_event(std::string_view condition, const lake::Row& parameters);
  std::uint64_t one_number(std::string_view sql);
  void set_fact(const char* fact, std::uint64_t number);

  std::unique_ptr<lake::Database> database_;
};

}  // namespace animalctl::label
