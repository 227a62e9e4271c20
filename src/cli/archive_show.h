#pragma once

#include <filesystem>
#include <string>

#include "cli/context.h"

namespace animalctl::cli {

// `archive --list FILE`: what an archive says of itself and its files. Returns 0.
int list_archive(Context& context, const std::filesystem::path& path, bool json);

// `archive --verify FILE`: whether every file is what was recorded and, with a key, whether its owner signed it.
// Returns 0, or 4 when not; a missing file throws NotFound.
int verify_archive(Context& context, const std::filesystem::path& path, const std::filesystem::path& verify_key,
                   bool json);

}  // namespace animalctl::cli
