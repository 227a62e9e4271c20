#include "label/folder_scan.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/frame_listing.h"
#include "label/found_changes.h"
#include "label/pending_files.h"

namespace animalctl::label {
namespace {

// Brings what the history says of the images together with what read_folders() found.
class Reconciliation {
 public:
  explicit Reconciliation(WriterTools& tools) : tools_(tools), table_(tools.state.table), stems_(tools.state.stems) {}

  void run() {
    pending_ = pending_events(tools_.log);
    // Most images are as the history says. The connection is busy while it visits: the others come after.
    std::vector<LoggedItem> others;
    tools_.log.for_each_item(0, [&](const LoggedItem& item) {
      if (!is_as_logged(item)) others.push_back(item);
    });
    for (const LoggedItem& item : others) {
      if (item.standing.state == ItemState::Rejected) {
        reconcile_rejected(item);
      } else {
        reconcile_present(item);
      }
    }
    adopt_trash();
    settle();
    record_found();
  }

 private:
  bool is_pending(const std::string& name) const { return pending_.contains(name); }

  // Applies the item when the folder agrees with it and nothing of it is pending.
  bool is_as_logged(const LoggedItem& item) {
    const FrameId id = table_.find_present(item.name);
    if (id == kNoFrame || item.standing.state == ItemState::Rejected || is_pending(item.name)) return false;
    if (!file_says(id, item.standing)) return false;
    apply(id, item);
    return true;
  }

  bool file_says(FrameId id, const Standing& standing) const {
    const Standing by_file = table_.standing(id);
    return by_file.state == ItemState::Labelled
               ? says_the_same(annotation_of(by_file), standing, tools_.state.classes)
               : standing.state != ItemState::Labelled && table_.annotation_time(id) == 0;
  }

  void reconcile_rejected(const LoggedItem& item) {
    const std::optional<FileFacts> in_trash = tools_.workspace.facts_in_trash(item.trash_name);
    const FrameId in_folder = table_.find_present(item.name);
    if (in_trash && in_folder != kNoFrame && tools_.workspace.is_same_file(item.trash_name, item.name)) {
      take_back_restoring(item, in_folder);
      return;
    }
    if (in_trash) claimed_.insert(item.trash_name);
    if (in_folder == kNoFrame) {
      if (in_trash) insert_rejected(item.name, item, *in_trash);
      return;
    }
    if (!in_trash && is_pending(item.name)) {
      // The rejection was acknowledged, the move not done.
      apply(in_folder, item);
      stems_.remove(in_folder);
      unsettled_.push_back(item.name);
      return;
    }
    const Standing by_file = table_.standing(in_folder);
    table_.set_revision(in_folder, item.revision);
    if (in_trash) {
      // Another image has taken the name: the rejected one gets a free one.
      give_other_name(item, *in_trash);
    }
    LoggedEvent found = found_event(item.name, {item.standing, item.revision, std::nullopt}, by_file, tools_.now());
    if (in_trash) found.event.action = by_file.state == ItemState::Labelled ? Action::Label : Action::Clear;
    found_.emplace_back(in_folder, std::move(found));
  }

  // A restoring that was cut off before the history had it.
  void take_back_restoring(const LoggedItem& item, FrameId id) {
    claimed_.insert(item.trash_name);
    tools_.workspace.undo_bringing_back(item.trash_name, item.name);
    stems_.remove(id);
    apply(id, item);
  }

  void insert_rejected(const std::string& name, const LoggedItem& item, const FileFacts& facts) {
    const FrameId id = table_.insert(name, facts);
    apply(id, item);
  }

  FrameId give_other_name(const LoggedItem& item, const FileFacts& facts) {
    const std::string name = free_item_name(tools_.state, tools_.workspace, item.name);
    insert_rejected(name, item, facts);
    const FrameId id = table_.find_present(name);
    const std::optional<LoggedEvent> rejection = tools_.log.newest_rejection(item.name);
    const Standing before = rejection ? rejection->before : Standing{};
    LoggedEvent found = found_event(name, {before, item.revision, std::nullopt}, item.standing, tools_.now());
    found.trash_name = item.trash_name;
    found_.emplace_back(id, std::move(found));
    return id;
  }

  void reconcile_present(const LoggedItem& item) {
    FrameId id = table_.find_present(item.name);
    if (id == kNoFrame && is_pending(item.name)) id = finish_restoring(item.name);
    if (id == kNoFrame) return;
    if (is_pending(item.name)) finish_bringing_back(item.name);
    const Standing by_file = table_.standing(id);
    if (file_says(id, item.standing)) {
      apply(id, item);
    } else if (history_is_right(id, item, by_file)) {
      apply(id, item);
      unsettled_.push_back(item.name);
    } else {
      table_.set_revision(id, item.revision);
      found_.emplace_back(id,
                          found_event(item.name, {item.standing, item.revision, std::nullopt}, by_file, tools_.now()));
    }
  }

  // The history is right when the file cannot be read, or is what it was before an event that may not have reached the
  // disk, or is older than that event: else somebody edited the file.
  bool history_is_right(FrameId id, const LoggedItem& item, const Standing& by_file) const {
    const bool unreadable = by_file.state != ItemState::Labelled && table_.annotation_time(id) != 0;
    if (unreadable) return true;
    const auto pending = pending_.find(item.name);
    return pending != pending_.end() &&
           label::history_is_right(pending->second, by_file, table_.annotation_time(id), tools_.state.classes);
  }

  void finish_bringing_back(const std::string& name) {
    for (const LoggedEvent& logged : pending_.at(name)) {
      if (logged.before.state != ItemState::Rejected || logged.trash_name.empty()) continue;
      tools_.workspace.finish_bringing_back(logged.trash_name, name);
    }
  }

  FrameId finish_restoring(const std::string& name) {
    for (const LoggedEvent& logged : pending_.at(name)) {
      if (logged.before.state != ItemState::Rejected || logged.trash_name.empty()) continue;
      if (!tools_.workspace.restore(logged.trash_name, name)) continue;
      const std::optional<FileFacts> facts = tools_.workspace.facts(name);
      if (!facts) continue;
      const FrameId id = table_.insert(name, *facts);
      stems_.add(id);
      return id;
    }
    return kNoFrame;
  }

  void apply(FrameId id, const LoggedItem& item) {
    table_.set_standing(id, item.standing);
    table_.set_revision(id, item.revision);
    table_.set_trash_name(id, item.standing.state == ItemState::Rejected ? item.trash_name : std::string());
  }

  // Images in the trash that no history knows, as after the loss of the database: rejected, under a free name.
  void adopt_trash() {
    for (const std::string& file : tools_.workspace.trash_names()) {
      if (claimed_.contains(file)) continue;
      const std::optional<FileFacts> facts = tools_.workspace.facts_in_trash(file);
      if (!facts) continue;
      const std::string name = free_item_name(tools_.state, tools_.workspace, file);
      const FrameId id = table_.insert(name, *facts);
      Standing rejected;
      rejected.state = ItemState::Rejected;
      table_.set_standing(id, rejected);
      table_.set_trash_name(id, file);
    }
  }

  void settle() {
    for (const std::string& name : unsettled_) {
      const FrameId id = table_.find_present(name);
      if (id == kNoFrame) continue;
      try {
        settle_files(tools_, id);
      } catch (const Error& error) {
        log::warning("files of a label could not be written yet; tried again",
                     {{"image", name}, {"reason", error.what()}});
        tools_.unsettled.insert(name);
      }
    }
    if (!unsettled_.empty())
      log::info("label files written from the history", {{"count", std::uint64_t{unsettled_.size()}}});
  }

  void record_found() {
    if (found_.empty()) return;
    ChangeGroup group(tools_);
    for (auto& [id, found] : found_) group.record(id, std::move(found));
    group.commit();
    log::info("labels that were changed in the folder while no server ran", {{"count", std::uint64_t{found_.size()}}});
  }

  WriterTools& tools_;
  FrameTable& table_;
  StemTable& stems_;
  PendingEvents pending_;
  std::set<std::string> claimed_;  // names in the trash that items have
  std::vector<std::string> unsettled_;
  std::vector<std::pair<FrameId, LoggedEvent>> found_;
};

}  // namespace

void scan_folders(WriterTools& tools) {
  read_folders(tools.state, tools.workspace);
  tools.next_event = tools.log.newest_event() + 1;
  Reconciliation(tools).run();
  FrameTable& table = tools.state.table;
  table.settle_order();
  tools.log.for_each_prediction(0, [&](const std::string& name, const Prediction& prediction) {
    const FrameId id = table.find_present(name);
    if (id != kNoFrame) table.set_prediction(id, prediction);
  });
}

}  // namespace animalctl::label
