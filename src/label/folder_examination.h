#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "label/change_group.h"

namespace animalctl::label {

// Names in the folders whose files may differ from what the index holds.
struct FolderChanges {
  std::set<std::string> frames;
  std::set<std::string> trash;        // of the trash's frames folder
  std::set<std::string> annotations;  // with ".json"

  std::size_t size() const { return frames.size() + trash.size() + annotations.size(); }
};

// Looks at these files and brings the index in line with them: frames that came, changed or went, annotations that
// another program wrote or removed (events of Origin::File when the history knows the image), images that somebody
// moved into the trash or out of it. Files of changes that are still to be written are left alone. Used by the writer's
// thread only, between its groups. Throws as Workspace and lake::Database; looking again later is safe.
void examine(WriterTools& tools, const FolderChanges& changes);

// Everything that looks different from the index: one pass over both folders and the trash without opening a file.
// Takes the readers' lock for moments only. Throws as dataset's list_folder().
FolderChanges find_differences(const StoreState& state, const Workspace& workspace);

// Leaves out of `changes` what is as the index says: the server's own writes.
void drop_known(const StoreState& state, const Workspace& workspace, FolderChanges& changes);

}  // namespace animalctl::label
