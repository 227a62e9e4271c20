#pragma once

#include <string>

#include "animalctl/label/change.h"
#include "label/standing.h"

namespace animalctl::label {

// An event with everything that is needed to redo it or to take it back.
struct LoggedEvent {
  Event event;
  Standing before;
  Standing after;
  // Reject: the name that the image's file has in the trash. Restore: the one it had there.
  std::string trash_name;
};

}  // namespace animalctl::label
