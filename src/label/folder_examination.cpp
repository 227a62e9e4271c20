#include "label/folder_examination.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/frame_listing.h"
#include "label/found_changes.h"

namespace animalctl::label {
namespace {

class Examination {
 public:
  explicit Examination(WriterTools& tools) : tools_(tools), state_(tools.state) {}

  // Each in a group of its own: what follows must see it.
  void run(const FolderChanges& changes) {
    in_one_group(changes.frames, [this](const std::string& name) { look_at_frame(name); });
    in_one_group(changes.trash, [this](const std::string& name) { look_at_trash(name); });
    in_one_group(changes.annotations, [this](const std::string& name) { look_at_annotation(name); });
  }

 private:
  template <typename Look>
  void in_one_group(const std::set<std::string>& names, const Look& look) {
    try {
      for (const std::string& name : names) look(name);
      if (group_) group_->commit();
    } catch (...) {
      // They are to be found new again.
      const auto lock = state_.write();
      for (const FrameId id : inserted_) {
        state_.stems.remove(id);
        state_.table.remove(id);
      }
      group_.reset();
      inserted_.clear();
      annotation_times_.clear();
      throw;
    }
    group_.reset();
    inserted_.clear();
    const auto lock = state_.write();
    for (const auto& [id, time] : annotation_times_) state_.table.set_annotation_time(id, time);
    annotation_times_.clear();
  }

  void record(FrameId id, LoggedEvent found) {
    if (!group_) group_.emplace(tools_);
    group_->record(id, std::move(found));
  }

  PresentItem present(FrameId id) const {
    const auto lock = state_.read();
    return {state_.table.standing(id), state_.table.revision(id), std::nullopt};
  }

  void look_at_frame(const std::string& name) {
    if (!is_frame_name(name) || tools_.unsettled.contains(name)) return;
    const std::optional<FileFacts> facts = tools_.workspace.facts(name);
    const FrameId id = [&] {
      const auto lock = state_.read();
      return state_.table.find_present(name);
    }();
    if (id == kNoFrame) {
      if (facts) frame_came(name, *facts);
      return;
    }
    const bool rejected = present(id).standing.state == ItemState::Rejected;
    if (rejected) {
      if (facts) frame_took_name(id, name, *facts);
    } else if (facts) {
      frame_changed(id, *facts);
    } else {
      frame_went(id);
    }
  }

  void frame_changed(FrameId id, const FileFacts& facts) {
    const auto lock = state_.write();
    const FileFacts known = state_.table.facts(id);
    if (known.bytes == facts.bytes && known.modified_ms == facts.modified_ms) return;
    state_.table.set_facts(id, facts);
    state_.feed.note(id);
  }

  void frame_came(const std::string& name, const FileFacts& facts) {
    const std::optional<LoggedItem> logged = tools_.log.item_of(name);
    const FrameId id = insert_hidden(name, facts);
    make_way(tools_, id);
    const Standing by_file = read_by_rule(id).standing;
    const Standing& standing = logged && is_same(by_file, logged->standing) ? logged->standing : by_file;
    {
      const auto lock = state_.write();
      state_.stems.add(id);
    }
    if (logged && !is_same(by_file, logged->standing)) {
      record(id, found_event(name, {logged->standing, logged->revision, std::nullopt}, by_file, tools_.now()));
      return;  // shown when it is recorded
    }
    const auto lock = state_.write();
    state_.table.set_standing(id, standing);
    state_.table.set_revision(id, logged ? logged->revision : 0);
    state_.feed.note(id);
  }

  // Readers see it when its standing is set.
  FrameId insert_hidden(const std::string& name, const FileFacts& facts) {
    const auto lock = state_.write();
    const FrameId id = state_.table.insert(name, facts);
    state_.table.remove(id);
    inserted_.push_back(id);
    return id;
  }

  // A file has the name of a rejected image: the image came out of the trash by hand, or another one took its name.
  void frame_took_name(FrameId id, const std::string& name, const FileFacts& facts) {
    const PresentItem rejected = present(id);
    const std::string trash_name = [&] {
      const auto lock = state_.read();
      return state_.table.trash_name(id);
    }();
    if (tools_.workspace.is_same_file(trash_name, name)) return;
    const std::optional<FileFacts> in_trash = tools_.workspace.facts_in_trash(trash_name);
    if (in_trash) give_other_name(name, rejected, trash_name, *in_trash);
    make_way(tools_, id);
    const Standing by_file = read_by_rule(id).standing;
    {
      const auto lock = state_.write();
      state_.table.set_facts(id, facts);
    }
    LoggedEvent found = found_event(name, rejected, by_file, tools_.now());
    if (in_trash) found.event.action = by_file.state == ItemState::Labelled ? Action::Label : Action::Clear;
    record(id, std::move(found));
  }

  void give_other_name(const std::string& old_name, const PresentItem& rejected, const std::string& trash_name,
                       const FileFacts& facts) {
    const std::optional<LoggedEvent> rejection = tools_.log.newest_rejection(old_name);
    const std::string name = free_item_name(state_, tools_.workspace, old_name);
    const FrameId id = insert_hidden(name, facts);
    const PresentItem before = {rejection ? rejection->before : Standing{}, rejected.revision, std::nullopt};
    LoggedEvent found = found_event(name, before, rejected.standing, tools_.now());
    found.trash_name = trash_name;
    record(id, std::move(found));
    log::info("another image has taken the name of a rejected one", {{"name", old_name}, {"rejected", name}});
  }

  void frame_went(FrameId id) {
    std::string left_over;
    {
      const auto lock = state_.write();
      const std::string annotation = state_.stems.annotation_name(id);
      state_.stems.remove(id);
      // Another frame has the stem now; it must not inherit the annotation.
      if (state_.stems.owner(frame_stem(state_.table.name(id))) != kNoFrame) left_over = annotation;
      state_.table.remove(id);
      state_.feed.note(id);
    }
    if (!left_over.empty()) tools_.workspace.retire_annotation(left_over);
  }

  void look_at_trash(const std::string& file) {
    if (!is_frame_name(file)) return;
    const std::optional<FileFacts> facts = tools_.workspace.facts_in_trash(file);
    const FrameId id = [&] {
      const auto lock = state_.read();
      return state_.table.find_in_trash(file);
    }();
    if (facts && id == kNoFrame) {
      adopt(file, *facts);
    } else if (!facts && id != kNoFrame) {
      const auto lock = state_.write();
      if (tools_.unsettled.contains(std::string(state_.table.name(id)))) return;
      state_.table.remove(id);
      state_.feed.note(id);
    }
  }

  // Somebody moved an image into the trash.
  void adopt(const std::string& file, const FileFacts& facts) {
    const std::string name = free_item_name(state_, tools_.workspace, file);
    const std::optional<LoggedItem> logged = tools_.log.item_of(name);
    Standing rejected = logged ? logged->standing : Standing{};
    rejected.state = ItemState::Rejected;
    const FrameId id = insert_hidden(name, facts);
    if (logged) {
      LoggedEvent found = found_event(name, {logged->standing, logged->revision, std::nullopt}, rejected, tools_.now());
      found.trash_name = file;
      record(id, std::move(found));
      return;
    }
    const auto lock = state_.write();
    state_.table.set_standing(id, rejected);
    state_.table.set_trash_name(id, file);
    state_.feed.note(id);
  }

  void look_at_annotation(const std::string& file) {
    FrameId id = kNoFrame;
    std::string name;
    {
      const auto lock = state_.read();
      id = state_.stems.frame_of(file);
      if (id == kNoFrame) return;
      name = state_.table.name(id);
    }
    if (tools_.unsettled.contains(name)) return;
    const Read read = read_by_rule(id);
    const PresentItem now = present(id);
    if (read.garbled) {
      repair(id, name, now.standing);
    } else if (!is_same(read.standing, now.standing)) {
      record(id, found_event(name, now, read.standing, tools_.now()));
    }
  }

  // What cannot be read tells nothing; the history has what the file should say.
  void repair(FrameId id, const std::string& name, const Standing& standing) {
    log::warning("an annotation cannot be read", {{"image", name}});
    if (standing.state != ItemState::Labelled) return;
    settle_files(tools_, id);
  }

  struct Read {
    Standing standing;  // Unlabelled without a file
    bool garbled = false;
  };

  // Reads the annotation of a frame in the folder (or about to be): its qualified file, else the plain one of its stem
  // when it owns that.
  Read read_by_rule(FrameId id) {
    std::string qualified;
    std::string plain;
    {
      const auto lock = state_.read();
      const std::string_view name = state_.table.name(id);
      qualified = qualified_annotation_name(name);
      if (state_.stems.owns(id)) plain = plain_annotation_name(name);
    }
    AnnotationFile content = tools_.workspace.read_annotation(qualified);
    const bool is_qualified = content.exists;
    if (!is_qualified && !plain.empty()) content = tools_.workspace.read_annotation(plain);
    {
      const auto lock = state_.write();
      state_.stems.set_qualified(id, is_qualified);
    }
    if (content.exists && !content.annotation) return {Standing{}, true};
    annotation_times_.emplace_back(id, content.modified_ns);
    return {content.annotation ? standing_of(*content.annotation, state_.classes) : Standing{}, false};
  }

  // Whether a file (none: Unlabelled) says what the standing says.
  bool is_same(const Standing& by_file, const Standing& standing) const {
    if (by_file.state != ItemState::Labelled)
      return standing.state == ItemState::Unlabelled || standing.state == ItemState::Skipped;
    return says_the_same(annotation_of(by_file), standing, state_.classes);
  }

  WriterTools& tools_;
  StoreState& state_;
  std::optional<ChangeGroup> group_;
  std::vector<FrameId> inserted_;
  std::vector<std::pair<FrameId, std::int64_t>> annotation_times_;
};

}  // namespace

void examine(WriterTools& tools, const FolderChanges& changes) {
  Examination(tools).run(changes);
}

}  // namespace animalctl::label
