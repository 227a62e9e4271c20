#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "label/frame_table.h"
#include "label/name_index.h"

namespace animalctl::label {

// Which annotation file belongs to which frame of a FrameTable (dataset/annotation_names.h has the rule). Rejected
// frames have left the folder and own nothing. Not thread-safe: guarded with the table.
class StemTable {
 public:
  explicit StemTable(const FrameTable& table) : table_(table) {}

  void reserve(FrameId frames);
  // A frame has come into the folder, or left it.
  void add(FrameId id);
  void remove(FrameId id);
  // The same as add() for every frame of a table in which none is gone, but for the rejected. Reads nothing of the
  // table but names and states.
  void add_all();

  // The frame that owns the stem, or kNoFrame.
  FrameId owner(std::string_view stem) const;
  // Also true for a frame outside the folder that would own it.
  bool owns(FrameId id) const;
  // Whether the frame's annotation has the qualified name though the frame owns its stem.
  void set_qualified(FrameId id, bool qualified);
  bool is_qualified(FrameId id) const { return qualified_.contains(id); }

  // The name of the file that holds, or would hold, the frame's annotation.
  std::string annotation_name(FrameId id) const;
  bool is_qualified_name(FrameId id, std::string_view annotation_name) const;
  // The frame whose annotation a file of this name would be, or kNoFrame.
  FrameId frame_of(std::string_view annotation_name) const;

 private:
  std::string_view stem_of(FrameId id) const;
  void note_long_name(FrameId id);
  void share(FrameId first, FrameId id);
  void leave(FrameId id);

  const FrameTable& table_;
  NameIndex first_;                                 // of every stem ever seen, a frame that had it
  std::map<FrameId, std::vector<FrameId>> shared_;  // by that frame: all of the stem, when it is not alone or has left
  std::unordered_set<FrameId> qualified_;
  std::map<std::string, FrameId, std::less<>> shortened_;  // annotation names of frames with very long names
};

}  // namespace animalctl::label
