#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "animalctl/label/label_store.h"
#include "label/change_rules.h"
#include "label/event_log.h"
#include "label/store_state.h"
#include "label/workspace.h"

namespace animalctl::label {

// What the writer's parts work on. All outlive them.
struct WriterTools {
  StoreState& state;
  Workspace& workspace;
  EventLog& log;
  std::function<Time()> now;
  std::uint64_t next_event = 1;
  // Events whose undo was answered with a conflict once: the next undo passes them over.
  std::set<std::uint64_t> told_conflicts;
  // Names whose files could not be brought to what the history says; tried again later.
  std::set<std::string> unsettled;
};

// Changes that share one transaction and so one fsync. Used by the writer's thread only.
//   ChangeGroup group(tools); group.apply(a); group.apply(b); group.commit();
// Without commit() nothing has happened. Errors of apply() and commit(): as lake::Database, ResourceExhausted also when
// an annotation cannot be written; the whole group is then to be given up.
class ChangeGroup {
 public:
  explicit ChangeGroup(WriterTools& tools);
  ~ChangeGroup();
  ChangeGroup(const ChangeGroup&) = delete;
  ChangeGroup& operator=(const ChangeGroup&) = delete;

  ChangeOutcome apply(const Change& change);
  LabelStore::UndoOutcome undo(const std::string& annotator, const std::string& key);
  // What was found in the folder: recorded as it is, no file is written. Gives the event's number.
  void record(FrameId id, LoggedEvent found);
  void commit();

 private:
  struct Effect {
    FrameId id = 0;
    LoggedEvent logged;
    std::string staged;  // temporary file of the annotation
    bool files = true;   // whether files are to be brought in line
    // Restored: its image has a name in the folder already, which is taken back unless the group is committed.
    bool brought_back = false;
    // What became of the annotation file.
    std::int64_t annotation_time = 0;
    bool qualified = false;
  };

  PresentItem present(FrameId id) const;
  Item item_after(FrameId id) const;
  std::optional<KeptOutcome> repeated(const std::string& key);
  // Why the event cannot be, or nothing when it was taken.
  std::optional<std::string> take(FrameId id, LoggedEvent logged);
  std::optional<std::string> bring_back(Effect& effect, const LoggedEvent& logged);
  std::set<std::string> promised_trash_names() const;
  Decision decide_change(FrameId id, const Change& change);
  void settle_files(Effect& effect);
  void settle_restored(const Effect& effect);
  void publish();

  WriterTools& tools_;
  std::optional<lake::Transaction> transaction_;
  std::vector<Effect> effects_;
  std::map<FrameId, std::size_t> newest_effect_;
  std::set<std::uint64_t> new_conflicts_;
  bool committed_ = false;
};

// Gives the annotation of the frame that owns the stem of `id` its qualified name, when `id` is about to come into the
// folder and to own the stem instead. Throws as Workspace.
void make_way(WriterTools& tools, FrameId id);

// Brings the files of one image to its standing, whatever is there; for repairs and replays. Throws as Workspace.
void settle_files(WriterTools& tools, FrameId id);

}  // namespace animalctl::label
