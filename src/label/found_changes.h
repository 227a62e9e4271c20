#pragma once

#include <string>

#include "label/change_group.h"

namespace animalctl::label {

// The event of a change that somebody made in the folder itself.
LoggedEvent found_event(const std::string& name, const PresentItem& present, Standing after, Time now);

// A name that no image has: `wanted`, or with -2, -3, … before its extension.
std::string free_item_name(const StoreState& state, const Workspace& workspace, const std::string& wanted);

}  // namespace animalctl::label
