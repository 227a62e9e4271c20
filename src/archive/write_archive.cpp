#include "animalctl/archive/write_archive.h"

#include <time.h>

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "archive/archive_names.h"
#include "archive/folder_members.h"
#include "archive/manifest.h"
#include "archive/metadata.h"
#include "archive/pack.h"
#include "archive/signature.h"
#include "archive/write_folder.h"

namespace animalctl::archive {
namespace fs = std::filesystem;
namespace {

constexpr ArchiveFormat kFormats[] = {ArchiveFormat::Default, ArchiveFormat::ZipStore, ArchiveFormat::Tgz,
                                      ArchiveFormat::NoArchive};

MemberSource text_member(const char* name, std::string text) {
  return {name, {}, std::move(text)};
}

// Sizes and digests of everything, the parts of MAR-INF first.
std::vector<PackedMember> look_at_all(const WriteRequest& request) {
  std::vector<PackedMember> members;
  Manifest manifest = request.manifest;
  if (manifest.archiver_version.empty()) manifest.archiver_version = kArchiverVersion;
  members.push_back(look_at(text_member(kManifestName, manifest_text(manifest))));
  for (const MemberSource& source : request.members) members.push_back(look_at(source));
  if (request.metadata.empty()) return members;
  std::vector<Member> listed;
  listed.reserve(members.size());
  for (const PackedMember& packed : members) listed.push_back(packed.member);
  auto metadata = nlohmann::ordered_json::parse(request.metadata);
  metadata["members"] = members_json(listed);
  std::string text = metadata.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  // What is written can be read.
  (void)parse_metadata(text, kMetadataName);
  std::vector<PackedMember> more;
  if (!request.sign_key.empty()) {
    more.push_back(look_at(text_member(kSignatureName, sign(text, request.sign_key))));
  }
  more.insert(more.begin(), look_at(text_member(kMetadataName, std::move(text))));
  members.insert(members.begin() + 1, std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return members;
}

void require_usable(const WriteRequest& request) {
  require_model_name(request.manifest.model_name, "--model-name");
  require_model_version(request.manifest.model_version, "--version");
  if (!request.sign_key.empty() && request.metadata.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "an archive without a description of ours cannot be signed: the signature stands under its list of "
                "members");
  }
  MemberNames names("the archive");
  for (const MemberSource& source : request.members) {
    try {
      (void)names.accept(source.name, false);
    } catch (const Error& error) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("cannot pack {}: {}", source.file.empty() ? source.name : source.file.string(), error.message()));
    }
    if (source.name.starts_with("MAR-INF/")) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("cannot pack {}: MAR-INF is the archive's own", printable(source.name)));
    }
  }
}

void write_packed(const std::vector<PackedMember>& members, const WriteRequest& request, WriteReport& report) {
  AtomicFile file(report.path);
  Sha256 digest;
  const ByteSink sink = [&](std::span<const std::byte> bytes) {
    file.write(bytes);
    digest.update(bytes);
    report.size += bytes.size();
  };
  if (request.format == ArchiveFormat::Tgz) {
    pack_tgz(members, request.manifest.model_name, request.time, sink);
  } else if (request.format == ArchiveFormat::ZipStore) {
    pack_stored_zip(members, sink);
  } else {
    pack_zip(members, sink);
  }
  file.commit();
  report.digest = digest.finish();
}

}  // namespace

std::string_view to_string(ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::Default:
      return "default";
    case ArchiveFormat::ZipStore:
      return "zip-store";
    case ArchiveFormat::Tgz:
      return "tgz";
    case ArchiveFormat::NoArchive:
      return "no-archive";
  }
  return "unknown";
}

ArchiveFormat parse_archive_format(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](ArchiveFormat f) { return word == to_string(f); });
  if (found != std::end(kFormats)) return *found;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("--archive-format \"{}\" is not known; default, zip-store, tgz and no-archive are", word));
}

fs::path archive_path(const fs::path& export_path, std::string_view model_name, ArchiveFormat format) {
  std::string name(model_name);
  if (format == ArchiveFormat::Default || format == ArchiveFormat::ZipStore) name += ".mar";
  if (format == ArchiveFormat::Tgz) name += ".tar.gz";
  return export_path / name;
}

void require_free(const fs::path& path, ArchiveFormat format, bool force) {
  std::error_code ignored;
  const fs::file_status status = fs::symlink_status(path, ignored);
  if (!fs::exists(status)) return;
  if (!force) {
    throw Error(ErrorCode::AlreadyExists,
                fmt::format("{} is there already; --force replaces it, --export-path writes elsewhere", path.string()));
  }
  const bool is_archive = fs::is_directory(status) && fs::is_regular_file(path / kManifestName, ignored);
  const bool replaceable = format == ArchiveFormat::NoArchive ? is_archive : !fs::is_directory(status);
  if (!replaceable) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("{} is {}, which --force does not replace; move it away or give another --export-path",
                            path.string(), fs::is_directory(status) ? "a folder" : "no model archive"));
  }
}

std::string created_on_text(std::int64_t seconds, bool utc) {
  const auto value = static_cast<time_t>(seconds);
  std::tm parts{};
  if ((utc ? ::gmtime_r(&value, &parts) : ::localtime_r(&value, &parts)) == nullptr) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} seconds since 1970 are no time of a calendar", seconds));
  }
  return fmt::format("{:02}/{:02}/{:04} {:02}:{:02}:{:02}", parts.tm_mday, parts.tm_mon + 1, parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

WriteReport write_archive(const WriteRequest& request) {
  require_usable(request);
  WriteReport report;
  report.path = archive_path(request.export_path, request.manifest.model_name, request.format);
  require_free(report.path, request.format, request.force);
  const std::vector<PackedMember> members = look_at_all(request);
  for (const PackedMember& packed : members) report.members.push_back(packed.member);
  if (request.format != ArchiveFormat::NoArchive) {
    write_packed(members, request, report);
    return report;
  }
  write_folder(members, report.path);
  report.digest = digest_of(report.members);
  for (const Member& member : report.members) report.size += member.size;
  return report;
}

}  // namespace animalctl::archive
