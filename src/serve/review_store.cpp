#include "serve/review_store.h"

#include <fmt/core.h>

#include <utility>

#include "animalctl/base/file.h"
#include "animalctl/image/header.h"
#include "serve/file_events.h"

namespace animalctl::serve {
namespace {

// Half a SHA-256: no two pictures share it by chance.
constexpr std::size_t kDigits = 32;
constexpr std::size_t kMostKnown = 100'000;

ReviewSettings with_trash(ReviewSettings settings) {
  if (!settings.folder.has_filename()) settings.folder = settings.folder.parent_path();  // "frames/"
  if (settings.trash.empty()) settings.trash = settings.folder.parent_path() / "trash" / "frames";
  return settings;
}

}  // namespace

ReviewStore::ReviewStore(ReviewSettings settings)
    : settings_(with_trash(std::move(settings))), contents_(settings_.folder) {}

std::string ReviewStore::store(const PredictionRecord& record, ReviewReason reason, FileGroup& files) {
  if (reason == ReviewReason::None || !record.bytes) return "";
  if (const auto known = known_.find(record.image); known != known_.end()) return known->second;
  const Result<ImageHeader> header = parse_image_header(as_byte_span(*record.bytes));
  if (!header) return "";
  if (known_.size() >= kMostKnown) known_.clear();

  const std::string digits = record.image.hex().substr(0, kDigits);
  const std::string_view extension = file_extension(header.value().format);
  for (const char* prefix : {kQueryFramePrefix, kAuditFramePrefix}) {
    const std::string name = fmt::format("{}{}{}", prefix, digits, extension);
    if (was_rejected(name)) return known_[record.image] = "";
    if (file_identity(settings_.folder / name)) return known_[record.image] = name;
  }
  if (std::string name = contents_.find(record.image, record.bytes->size()); !name.empty()) {
    return known_[record.image] = std::move(name);
  }
  if (day_is_full(record.time)) return "";
  const char* const prefix = reason == ReviewReason::Audit ? kAuditFramePrefix : kQueryFramePrefix;
  std::string name = fmt::format("{}{}{}", prefix, digits, extension);
  files.add(path_of(name), as_byte_span(*record.bytes));
  ++stored_today_;
  return known_[record.image] = std::move(name);
}

void ReviewStore::forget(const Digest& image) {
  known_.erase(image);
  if (stored_today_ > 0) --stored_today_;
}

bool ReviewStore::was_rejected(const std::string& name) const {
  return file_identity(settings_.trash / name).has_value();
}

// What an earlier process stored today counts too.
bool ReviewStore::day_is_full(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (day != day_) {
    day_ = day;
    stored_today_ = contents_.written_since(kQueryFramePrefix, day);
  }
  return stored_today_ >= settings_.per_day;
}

}  // namespace animalctl::serve
