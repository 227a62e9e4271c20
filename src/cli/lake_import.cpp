#include "cli/lake_import.h"

#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/dataset/frame_listing.h"
#include "animalctl/dataset/stable_split.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::cli {
namespace {

namespace fs = std::filesystem;

std::vector<lake::FrameFile> list_files(const fs::path& folder, std::size_t& unreadable) {
  std::vector<lake::FrameFile> files;
  if (!fs::exists(folder)) return files;
  for (std::string& name : list_frames(folder)) {
    struct stat status {};
    if (::stat((folder / name).c_str(), &status) != 0) {
      ++unreadable;
      continue;
    }
    const std::int64_t modified_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
    files.push_back({std::move(name), status.st_size, modified_ms});
  }
  return files;
}

std::string digest_of_file(const fs::path& path) {
  try {
    return sha256(std::span<const std::byte>(read_file(path))).hex();
  } catch (const Error& error) {
    log::warning("a frame cannot be read", {{"file", path.string()}, {"reason", error.message()}});
    return "";
  }
}

std::vector<lake::ContentPart> parts_of(const fs::path& ledger_file) {
  if (!fs::exists(ledger_file)) return {};
  const StableLedger ledger =
      StableLedger::parse(read_text_file(ledger_file, std::uint64_t{1} << 30), ledger_file.string());
  std::vector<lake::ContentPart> parts;
  parts.reserve(ledger.entries().size());
  for (const auto& [digest, entry] : ledger.entries()) {
    parts.push_back({digest.hex(), fmt::format("{:016x}", entry.perceptual_hash), std::string(to_string(entry.part))});
  }
  return parts;
}

}  // namespace

FrameImport import_frames(lake::Database& database, const FrameImportSources& sources, const std::stop_token& stop) {
  FrameImport result;
  const std::vector<lake::FrameFile> files = list_files(sources.frames_dir, result.unreadable);
  lake::FrameIndex index(database);
  result.changes = index.update(files, sources.now_ms, [&](std::span<const lake::FrameFile> unread) {
    std::vector<std::string> digests(unread.size());
    parallel_for(
        unread.size(), sources.threads,
        [&](std::size_t i) { digests[i] = digest_of_file(sources.frames_dir / unread[i].name); }, {}, stop);
    // Half of them would make the index forget the others.
    if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped; the frames in the lake are as they were");
    result.unreadable += static_cast<std::size_t>(std::count(digests.begin(), digests.end(), std::string()));
    return digests;
  });
  index.set_parts(parts_of(sources.ledger));
  return result;
}

void forget_imported(lake::Database& database) {
  const lake::Predictions tables(database);
  lake::Transaction transaction(database);
  for (const char* sql : {"DELETE FROM lake_predictions", "DELETE FROM lake_counted_hours",
                          "DELETE FROM lake_hour_counts", "DELETE FROM lake_sources", "DELETE FROM lake_images"}) {
    database.execute(sql);
  }
  transaction.commit();
}

}  // namespace animalctl::cli
