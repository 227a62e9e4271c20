#pragma once

#include <filesystem>

#include "animalctl/registry/registry.h"

namespace animalctl::publish {

// Copies a version whole, with its record and its card, to a new folder `target` or, when the name ends with .tar, into
// a tar file (below <model>-<version>/; equal versions give equal bytes). In one durable step: until everything is
// there nothing is at `target`. Every file is checked against its SHA-256. Throws NotFound (no such version),
// AlreadyExists (something is at `target`), FailedPrecondition (its files were pruned), DataLoss (a file was changed
// after its registration).
void export_version(const registry::ModelRegistry& registry, int version, const std::filesystem::path& target);

}  // namespace animalctl::publish
