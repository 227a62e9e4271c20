#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include "animalctl/base/digest.h"
#include "animalctl/base/file_group.h"
#include "serve/frame_contents.h"
#include "serve/prediction_sink.h"
#include "serve/review_rule.h"

namespace animalctl::serve {

// Puts pictures of queries among the frames: query-<32 hexadecimal digits>.jpg, those of the audit
// query-audit-<32 hexadecimal digits>.jpg, the digits being the first half of the content's SHA-256. A content that is
// a frame already, under whatever name, or that was rejected is not stored. Not thread-safe.
class ReviewStore {
 public:
  // Touches nothing yet.
  explicit ReviewStore(ReviewSettings settings);

  // Adds the picture of a record to `files`, for this reason, unless the day's number is reached; returns the name of
  // the frame that has this content, "" when there is none. The record must carry its bytes. Throws what
  // FileGroup::add() throws.
  std::string store(const PredictionRecord& record, ReviewReason reason, FileGroup& files);
  // The picture could not be stored after all.
  void forget(const Digest& image);
  std::filesystem::path path_of(const std::string& name) const { return settings_.folder / name; }

 private:
  bool day_is_full(std::chrono::system_clock::time_point time);
  bool was_rejected(const std::string& name) const;

  const ReviewSettings settings_;
  FrameContents contents_;
  std::unordered_map<Digest, std::string> known_;  // content → its frame's name, of those met lately
  std::chrono::sys_days day_{};
  std::uint64_t stored_today_ = 0;
};

// What the names of frames from queries begin with, and of those in the audit.
inline constexpr const char* kQueryFramePrefix = "query-";
inline constexpr const char* kAuditFramePrefix = "query-audit-";

}  // namespace animalctl::serve
