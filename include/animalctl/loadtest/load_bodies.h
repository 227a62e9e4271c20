#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/loadtest/request_form.h"

namespace animalctl::loadtest {

// One request for each file of `paths`; a folder stands for all regular files below it, by path, hidden ones left out.
// Everything is held in memory. Throws NotFound (a missing path, a folder without files), ResourceExhausted (a file
// over 256 MiB, or all requests together over 1 GiB) and what serialise_request throws.
std::vector<std::string> load_requests(const RequestTemplate& common, const std::vector<std::filesystem::path>& paths);

}  // namespace animalctl::loadtest
