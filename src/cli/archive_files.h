#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/archive/write_archive.h"

namespace animalctl::cli {

// The handlers that come with TorchServe: names, no files.
bool is_stock_handler(const std::string& handler);
// The file of a handler of one's own, as torch-model-archiver finds it: "h.py", "h", "h:function" and "h.py:function"
// mean h.py.
std::filesystem::path handler_file(const std::string& handler);

// The members that --extra-files names: comma separated files, and folders whose content is taken without the folder
// itself. Hidden folders, __pycache__ and __MACOSX are left out. Throws NotFound naming what is not there,
// FailedPrecondition for what is neither.
std::vector<archive::MemberSource> extra_members(const std::string& list);

// A member that is one file under its own name.
archive::MemberSource file_member(const std::filesystem::path& file);

}  // namespace animalctl::cli
