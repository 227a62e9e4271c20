#include <string>
#include <utility>
#include <vector>

#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/dataset/frame_listing.h"
#include "label/folder_scan.h"

namespace animalctl::label {
namespace {

// So many files a step: a step costs a call through std::function and an atomic counter.
constexpr std::size_t kFilesAtOnce = 256;

template <typename Work>
void for_each_in_parallel(std::size_t count, const Work& work) {
  const std::size_t steps = (count + kFilesAtOnce - 1) / kFilesAtOnce;
  parallel_for(steps, available_cores(), [&](std::size_t step) {
    for (std::size_t i = step * kFilesAtOnce; i < std::min(count, (step + 1) * kFilesAtOnce); ++i) work(i);
  });
}

struct AnnotationOfFrame {
  FrameId id = kNoFrame;
  std::string file;
  AnnotationFile content;
};

void read_frames(StoreState& state, const Workspace& workspace) {
  const std::vector<std::string> names = list_frames(workspace.frames_dir());
  std::vector<std::optional<FileFacts>> facts(names.size());
  for_each_in_parallel(names.size(), [&](std::size_t i) { facts[i] = workspace.facts(names[i]); });
  std::size_t name_bytes = 0;
  for (const std::string& name : names) name_bytes += name.size();
  const auto lock = state.write();
  state.table.reserve(static_cast<FrameId>(names.size()), name_bytes);
  state.stems.reserve(static_cast<FrameId>(names.size()));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (facts[i]) state.stems.add(state.table.insert(names[i], *facts[i]));
  }
}

// Qualified names first: they win over a plain file of the same frame.
std::vector<AnnotationOfFrame> annotation_files(StoreState& state, const Workspace& workspace) {
  std::vector<AnnotationOfFrame> files;
  std::vector<std::pair<FrameId, std::string>> plain;
  std::vector<FolderEntry> entries = list_folder(workspace.annotations_dir());
  const auto lock = state.write();
  files.reserve(entries.size());
  for (FolderEntry& entry : entries) {
    if (entry.kind != EntryKind::File) continue;
    const FrameId id = state.stems.frame_of(entry.name);
    if (id == kNoFrame) continue;
    if (state.stems.is_qualified_name(id, entry.name)) {
      state.stems.set_qualified(id, true);
      files.push_back({id, std::move(entry.name), {}});
    } else {
      plain.emplace_back(id, std::move(entry.name));
    }
  }
  for (auto& [id, file] : plain) {
    if (state.stems.annotation_name(id) == file) files.push_back({id, std::move(file), {}});
  }
  return files;
}

}  // namespace

void read_folders(StoreState& state, const Workspace& workspace) {
  read_frames(state, workspace);
  std::vector<AnnotationOfFrame> files = annotation_files(state, workspace);
  for_each_in_parallel(files.size(),
                       [&](std::size_t i) { files[i].content = workspace.read_annotation(files[i].file); });
  std::size_t garbled = 0;
  const auto lock = state.write();
  for (const AnnotationOfFrame& file : files) {
    state.table.set_annotation_time(file.id, file.content.modified_ns);
    if (file.content.annotation) {
      state.table.set_standing(file.id, standing_of(*file.content.annotation, state.classes));
    } else if (file.content.exists) {
      ++garbled;
      log::warning("an annotation cannot be read; its image counts as unlabelled", {{"file", file.file}});
    }
  }
  if (garbled > 0) log::warning("annotations that cannot be read", {{"count", std::uint64_t{garbled}}});
}

}  // namespace animalctl::label
