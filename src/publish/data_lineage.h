#pragma once

#include "animalctl/publish/run_version.h"

namespace animalctl::publish {

// Fills in split_digest from the snapshots and, where images and labels are at hand, data_digest; says in
// version.unknown what stays open. Throws as version_of_run().
void read_data_lineage(const RunFiles& files, RunVersion& version);

}  // namespace animalctl::publish
