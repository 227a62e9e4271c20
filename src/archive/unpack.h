#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/archive/model_archive.h"

namespace animalctl::archive {

// Unpacks a .mar (zip, deflated or stored) or .tgz, told apart by its first bytes, into `folder`, which is empty and
// only ours. Plain files and folders only; every name passes MemberNames. Limits are counted on what is written, not on
// what headers promise. Files get mode 0600. Returns the files in the archive's order.
//
// `descriptor`: an open regular file of `packed_bytes` bytes, read from its start. Throws DataLoss, ResourceExhausted
// (limits, full disk), Unimplemented (encrypted members, other packing methods).
std::vector<Member> unpack(int descriptor, std::uint64_t packed_bytes, const std::string& origin,
                           const std::filesystem::path& folder, const ArchiveLimits& limits);

}  // namespace animalctl::archive
