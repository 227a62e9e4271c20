#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/dataset/split.h"

namespace animalctl {

// What decides the side of an image: settings that must stay the same for as long as a ledger lives.
struct StableSplitSettings {
  SplitFractions fractions;
  std::uint64_t seed = 0;
  int near_distance = 0;  // images whose perceptual hashes differ in at most so many bits stay together; 0..15

  bool operator==(const StableSplitSettings&) const = default;
};

// What the names of frames of the blind audit begin with (docs/formats/predictions-jsonl.md).
inline constexpr std::string_view kAuditFramePrefix = "query-audit-";

// An image as the stable split sees it: its name plays no part but for the audit's.
struct StableItem {
  Digest digest;                      // SHA-256 of the file's bytes
  std::uint64_t perceptual_hash = 0;  // ImageFacts::perceptual_hash
  bool audit = false;                 // chosen by chance to tell how good the model is: it must not be trained on
};

struct LedgerEntry {
  std::uint64_t perceptual_hash = 0;
  Part part = Part::Train;
};

// The record of every image that was ever assigned. Format: docs/formats/stable-split.md. Not thread-safe
// for writing; const methods are.
class StableLedger {
 public:
  // An empty ledger. Throws InvalidArgument when the fractions are wrong or near_distance is not in 0..15.
  explicit StableLedger(const StableSplitSettings& settings);

  // Throws DataLoss naming `origin` and the line when the text is not a ledger.
  static StableLedger parse(std::string_view text, std::string_view origin);
  // Reads the ledger at `path`, or begins an empty one when there is none. Throws DataLoss (garbled), and
  // FailedPrecondition when it was made with other fractions or another seed: its images cannot move. The
  // near_distance it was made with stays in force.
  static StableLedger open(const std::filesystem::path& path, const StableSplitSettings& settings);

  // Entries sorted by digest, so that equal ledgers are equal files.
  std::string text() const;

  std::optional<LedgerEntry> find(const Digest& digest) const;
  void record(const Digest& digest, const LedgerEntry& entry);
  const StableSplitSettings& settings() const { return settings_; }
  const std::unordered_map<Digest, LedgerEntry>& entries() const { return entries_; }

 private:
  StableSplitSettings settings_;
  std::unordered_map<Digest, LedgerEntry> entries_;
};

// Assigns every item to one part and records those that are new in `ledger`; result[i] belongs to items[i].
//  - A new image of the audit belongs to the test part, and the new images near to it with it.
//  - A recorded image keeps its part for ever; its perceptual hash is taken from the ledger.
//  - New images are joined to the images they are near to, closest pairs first, until a group holds images
//    of a part: the whole group belongs to it. Where two recorded images of different parts are both near a
//    new one, it goes to the nearer (ties: the smaller digest).
//  - A group without a recorded image goes to the part drawn from (seed, its smallest digest).
// The result depends on the set of items and the ledger only, not on order or names.
std::vector<Part> split_stable(std::span<const StableItem> items, StableLedger& ledger);

}  // namespace animalctl
