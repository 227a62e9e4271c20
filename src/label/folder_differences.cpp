#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "animalctl/base/parallel.h"
#include "animalctl/dataset/frame_listing.h"
#include "label/folder_examination.h"

namespace animalctl::label {
namespace {

// The readers' lock is given up after so many.
constexpr std::size_t kNamesAtOnce = 1024;

template <typename Visit>
void in_steps(const StoreState& state, std::size_t count, const Visit& visit) {
  for (std::size_t first = 0; first < count; first += kNamesAtOnce) {
    const auto lock = state.read();
    for (std::size_t i = first; i < std::min(count, first + kNamesAtOnce); ++i) visit(i);
  }
}

template <typename Value, typename Look>
std::vector<Value> look_at_all(const std::vector<std::string>& names, const Look& look) {
  std::vector<Value> found(names.size());
  const std::size_t steps = (names.size() + kNamesAtOnce - 1) / kNamesAtOnce;
  parallel_for(steps, available_cores(), [&](std::size_t step) {
    for (std::size_t i = step * kNamesAtOnce; i < std::min(names.size(), (step + 1) * kNamesAtOnce); ++i)
      found[i] = look(names[i]);
  });
  return found;
}

bool frame_differs(const FrameTable& table, FrameId id, const std::optional<FileFacts>& facts) {
  if (id == kNoFrame) return facts.has_value();
  if (table.state(id) == ItemState::Rejected) return facts.has_value();
  const FileFacts known = table.facts(id);
  return !facts || facts->bytes != known.bytes || facts->modified_ms != known.modified_ms;
}

bool annotation_differs(const StoreState& state, FrameId id, const std::optional<std::int64_t>& time) {
  if (id == kNoFrame) return false;
  if (!time) return state.table.state(id) == ItemState::Labelled;
  return *time != state.table.annotation_time(id);
}

void compare_frames(const StoreState& state, const Workspace& workspace, FolderChanges& changes) {
  const std::vector<std::string> names = list_frames(workspace.frames_dir());
  const auto facts =
      look_at_all<std::optional<FileFacts>>(names, [&](const std::string& name) { return workspace.facts(name); });
  std::vector<bool> seen;
  in_steps(state, names.size(), [&](std::size_t i) {
    seen.resize(state.table.size());
    const FrameId id = state.table.find_present(names[i]);
    if (id != kNoFrame) seen[id] = true;
    if (frame_differs(state.table, id, facts[i])) changes.frames.insert(names[i]);
  });
  in_steps(state, seen.size(), [&](std::size_t id) {
    const auto frame = static_cast<FrameId>(id);
    if (seen[id] || !state.table.present(frame) || state.table.state(frame) == ItemState::Rejected) return;
    changes.frames.emplace(state.table.name(frame));
  });
}

void compare_annotations(const StoreState& state, const Workspace& workspace, FolderChanges& changes) {
  std::vector<std::string> names;
  for (FolderEntry& entry : list_folder(workspace.annotations_dir())) {
    if (entry.kind == EntryKind::File) names.push_back(std::move(entry.name));
  }
  const auto times = look_at_all<std::optional<std::int64_t>>(
      names, [&](const std::string& name) { return workspace.annotation_time(name); });
  std::vector<bool> seen;
  in_steps(state, names.size(), [&](std::size_t i) {
    seen.resize(state.table.size());
    const FrameId id = state.stems.frame_of(names[i]);
    if (id != kNoFrame) seen[id] = true;
    if (annotation_differs(state, id, times[i])) changes.annotations.insert(names[i]);
  });
  std::size_t frames = 0;
  {
    const auto lock = state.read();
    frames = state.table.size();
  }
  seen.resize(frames);
  in_steps(state, frames, [&](std::size_t id) {
    const auto frame = static_cast<FrameId>(id);
    if (seen[id] || state.table.states()[id] != static_cast<std::uint8_t>(ItemState::Labelled)) return;
    changes.annotations.insert(state.stems.annotation_name(frame));
  });
}

void compare_trash(const StoreState& state, const Workspace& workspace, FolderChanges& changes) {
  const std::vector<std::string> names = workspace.trash_names();
  std::set<std::string> there;
  in_steps(state, names.size(), [&](std::size_t i) {
    there.insert(names[i]);
    if (state.table.find_in_trash(names[i]) == kNoFrame) changes.trash.insert(names[i]);
  });
  const auto lock = state.read();
  for (const auto& [name, id] : state.table.in_trash()) {
    if (!there.contains(name)) changes.trash.insert(name);
  }
}

}  // namespace

FolderChanges find_differences(const StoreState& state, const Workspace& workspace) {
  FolderChanges changes;
  compare_frames(state, workspace, changes);
  compare_annotations(state, workspace, changes);
  compare_trash(state, workspace, changes);
  return changes;
}

void drop_known(const StoreState& state, const Workspace& workspace, FolderChanges& changes) {
  std::erase_if(changes.frames, [&](const std::string& name) {
    const std::optional<FileFacts> facts = workspace.facts(name);
    const auto lock = state.read();
    return !frame_differs(state.table, state.table.find_present(name), facts);
  });
  std::erase_if(changes.annotations, [&](const std::string& name) {
    const std::optional<std::int64_t> time = workspace.annotation_time(name);
    const auto lock = state.read();
    return !annotation_differs(state, state.stems.frame_of(name), time);
  });
  std::erase_if(changes.trash, [&](const std::string& name) {
    const bool there = workspace.facts_in_trash(name).has_value();
    const auto lock = state.read();
    return there == (state.table.find_in_trash(name) != kNoFrame);
  });
}

}  // namespace animalctl::label
