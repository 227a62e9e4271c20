#pragma once

#include <sys/types.h>

#include "animalctl/process/child_process.h"
#include "process/descriptor.h"

namespace animalctl::process {

// A child that has just begun to run its program.
struct Spawned {
  pid_t pid = -1;
  Descriptor output;  // reading ends; empty where the stream is no pipe
  Descriptor error;
};

// Starts a child, as ChildProcess's constructor says; registered in ChildRegistry.
Spawned spawn(const ChildOptions& options);

}  // namespace animalctl::process
