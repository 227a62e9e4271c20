#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "animalctl/base/error.h"

namespace animalctl::lake {

// Runs `action` and turns what SOCI throws into an Error that says which `work` failed. `file`: of a SQLite database,
// else empty; SQLite calls a full disk an input/output error when its shared memory cannot grow.
void translate_errors(std::string_view work, const std::filesystem::path& file, const std::function<void()>& action);

}  // namespace animalctl::lake
