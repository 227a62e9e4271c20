#pragma once

#include <string>

#include "label/change_group.h"

namespace animalctl::label {

// The event of a change that somebody made in the folder itself.
LoggedEvent found_event(const std::string& name, const PresentItem& present, Standing after, Time now);

}  // namespace animalctl::label
