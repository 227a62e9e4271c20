#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "label/server/import_upload.h"

namespace animalctl::label {

// What to do with a member, by its name and before its content is unpacked.
enum class ZipMember { Take, PassOver };

struct ZipVisitor {
  std::function<ZipMember(const std::string& name)> wanted;
  // The content of a member that was to be taken.
  std::function<void(const std::string& name, std::string content)> content;
  // A member that is refused: encrypted, a link, larger than max_member_bytes.
  std::function<void(const std::string& name, const std::string& why)> refused;
};

// Reads a zip in memory through libarchive, member by member in its own order; folders are passed over. Names are as
// they stand there and may be anything: they must never become a path. Throws InvalidArgument (no zip, damaged),
// ResourceExhausted (members, total, ratio: named with the limit).
void read_zip(std::string_view zip, const UploadLimits& limits, const ZipVisitor& visitor);

}  // namespace animalctl::label
