// The archive reader on hostile bytes. An input that begins with '{' is one of the JSON files alone, because mutations
// seldom survive what is around them; any other is a whole archive.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "archive/manifest.h"
#include "archive/metadata.h"
#include "archive/scratch_folder.h"

namespace archive = animalctl::archive;
namespace fs = std::filesystem;

namespace {

archive::ArchiveLimits small_limits() {
  archive::ArchiveLimits limits;
  limits.max_unpacked_bytes = std::uint64_t{2} << 20;
  limits.max_files = 50;
  return limits;
}

template <typename Parse>
void parse(Parse&& action) {
  try {
    action();
  } catch (const animalctl::Error& error) {
    if (error.code() == animalctl::ErrorCode::Internal) std::abort();
  }
}

void parse_json_files(const std::string& text) {
  parse([&] {
    // What was read is written and read the same.
    const archive::Manifest manifest = archive::parse_manifest(text, "fuzz");
    const archive::Manifest again = archive::parse_manifest(archive::manifest_text(manifest), "again");
    if (again.model_name != manifest.model_name || again.model_version != manifest.model_version) std::abort();
  });
  parse([&] { (void)archive::parse_labels(text, "fuzz"); });
  parse([&] { archive::require_members(archive::parse_metadata(text, "fuzz"), {}, "fuzz"); });
}

void open_archive(const std::uint8_t* data, std::size_t size) {
  static const archive::ScratchFolder folder("");
  const fs::path file = folder.path() / "fuzz.mar";
  const fs::path scratch = folder.path() / "scratch";
  {
    animalctl::AtomicFile out(file);
    out.write(std::as_bytes(std::span(data, size)));
    out.commit();
  }
  parse([&] {
    const archive::OpenArchive opened = archive::OpenArchive::open(file, small_limits(), {}, scratch);
    for (const archive::Member& member : opened.members()) {
      const fs::path path = opened.folder() / member.name;
      if (fs::weakly_canonical(path).string().find(fs::weakly_canonical(scratch).string()) != 0) std::abort();
      if (fs::file_size(path) != member.size) std::abort();
    }
  });
  // Nothing beside the archive and the scratch folder, nothing left in that.
  if (fs::exists(scratch) && !fs::is_empty(scratch)) std::abort();
  if (std::distance(fs::directory_iterator(folder.path()), {}) > 2) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0 && data[0] == '{') {
    parse_json_files(std::string(reinterpret_cast<const char*>(data), size));
  } else {
    open_archive(data, size);
  }
  return 0;
}
