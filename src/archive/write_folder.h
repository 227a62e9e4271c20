#pragma once

#include <filesystem>
#include <vector>

#include "archive/member_content.h"

namespace animalctl::archive {

// Writes the members as files of a folder that takes its place in one step; a folder that was there is replaced and
// removed. Durable.
void write_folder(const std::vector<PackedMember>& members, const std::filesystem::path& target);

}  // namespace animalctl::archive
