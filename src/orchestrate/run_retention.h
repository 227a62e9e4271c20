#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

namespace animalctl::orchestrate {

// Removes the oldest folders of runs, and of their logs, but for the newest `keep` and those named in `needed`. The
// lake's rows and the registry's files stay. What cannot be removed is left, with a line in the log.
void remove_old_runs(const std::filesystem::path& runs_dir, const std::filesystem::path& log_dir, std::size_t keep,
                     const std::set<std::string>& needed);

}  // namespace animalctl::orchestrate
