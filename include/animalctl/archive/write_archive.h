#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/digest.h"

namespace animalctl::archive {

// torch-model-archiver's formats.
enum class ArchiveFormat {
  Default,    // <name>.mar: a zip, deflated
  ZipStore,   // <name>.mar: a zip, stored
  Tgz,        // <name>.tar.gz, everything below a folder <name>
  NoArchive,  // a folder <name>
};

// "default", "zip-store", "tgz", "no-archive".
std::string_view to_string(ArchiveFormat format);
// Throws InvalidArgument naming the accepted words.
ArchiveFormat parse_archive_format(std::string_view word);
// <export_path>/<name> with the format's ending.
std::filesystem::path archive_path(const std::filesystem::path& export_path, std::string_view model_name,
                                   ArchiveFormat format);
// Throws AlreadyExists when something is at `path` and `force` is false; FailedPrecondition when it is something that
// an archive of this format may not replace: a folder that is no model archive, a folder where a file is to be.
void require_free(const std::filesystem::path& path, ArchiveFormat format, bool force);

// "25/11/2026 14:03:59" of seconds since 1970: in the local time zone, as torch-model-archiver writes it, or in UTC.
std::string created_on_text(std::int64_t seconds, bool utc);

// One file of an archive: the content of a file, or a text.
struct MemberSource {
  std::string name;            // relative, '/' between folders
  std::filesystem::path file;  // "" : `text` is the content
  std::string text;
};

struct WriteRequest {
  Manifest manifest;                  // complete; archiver_version "" becomes kArchiverVersion
  std::vector<MemberSource> members;  // all but what stands in MAR-INF
  // A JSON object as text for MAR-INF/animalctl.json, to which "members" is added; "" writes none, as
  // torch-model-archiver does.
  std::string metadata;
  ArchiveFormat format = ArchiveFormat::Default;
  std::filesystem::path export_path = ".";
  bool force = false;              // replaces what is there
  std::filesystem::path sign_key;  // PEM, Ed25519; "" does not sign
  std::int64_t time = 0;           // of members, seconds since 1970, where the format has room for it (tgz)
};

// The release of torch-model-archiver whose manifest this writes.
inline constexpr const char* kArchiverVersion = "0.12.0";

struct WriteReport {
  std::filesystem::path path;
  std::uint64_t size = 0;  // bytes of the file; of all files for a folder
  Digest digest;           // as OpenArchive::digest()
  std::vector<Member> members;
};

// Writes an archive in one durable step: until it is whole, nothing is at its path but what was there. The bytes depend
// on the request alone. Throws InvalidArgument (name, version, two members of one name, a signature without metadata);
// AlreadyExists, FailedPrecondition (require_free(), the key); NotFound and ResourceExhausted (members' files, the
// disk, a zip over 4 GiB); DataLoss when a file changes while it is packed.
WriteReport write_archive(const WriteRequest& request);

}  // namespace animalctl::archive
