#pragma once

#include "label/change_group.h"

namespace animalctl::label {

// Fills an empty table from the folders and the database and brings both together:
//  - events whose files may not have reached the disk are written again, unless somebody edited the file since;
//  - what other programs did to the folders while no server ran becomes events of Origin::File.
// Called before the writer and the readers begin. Throws as Workspace and lake::Database.
void scan_folders(WriterTools& tools);

// Reads the frames folder and the annotation files alone: size, time and annotation of every frame.
void read_folders(StoreState& state, const Workspace& workspace);

}  // namespace animalctl::label
