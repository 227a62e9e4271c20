#pragma once

#include <filesystem>
#include <vector>

#include "animalctl/archive/model_archive.h"

namespace animalctl::archive {

// The files of an archive that is an unpacked folder, sorted by name, with their digests. The same rules and limits as
// for a packed one: no links (the top folder itself may be one), no special files. Throws DataLoss, ResourceExhausted,
// FailedPrecondition.
std::vector<Member> list_folder(const std::filesystem::path& folder, const ArchiveLimits& limits);

// The digest that stands for a set of members: over names, sizes and digests, whatever their order.
Digest digest_of(const std::vector<Member>& members);

}  // namespace animalctl::archive
