#include "animalctl/dataset/annotation_names.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "animalctl/base/digest.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/annotation_folder.h"

namespace animalctl {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kKept = 200;
constexpr std::size_t kDigits = 16;
constexpr std::string_view kSuffix = ".json";

// A long name keeps its beginning and gets its digest, so that two long names stay two.
std::string json_name(std::string_view base) {
  if (base.size() + kSuffix.size() <= kLongestName) return std::string(base).append(kSuffix);
  std::size_t kept = kKept;
  while (kept > 0 && (static_cast<unsigned char>(base[kept]) & 0xc0) == 0x80) --kept;  // not inside a character
  std::string name(base.substr(0, kept));
  name.push_back('~');
  return name.append(sha256(base).hex().substr(0, kDigits)).append(kSuffix);
}

std::size_t place_of(std::string_view frame) {
  static constexpr std::array<std::string_view, 5> kOrder = {"png", "jpg", "jpeg", "webp", "bmp"};
  const std::string extension = to_lower(frame.substr(std::min(frame.rfind('.') + 1, frame.size())));
  return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), extension) - kOrder.begin());
}

}  // namespace

std::string qualified_annotation_name(std::string_view frame) {
  return json_name(frame);
}

std::string plain_annotation_name(std::string_view frame) {
  return json_name(frame_stem(frame));
}

bool owns_before(std::string_view frame, std::string_view other) {
  const std::size_t a = place_of(frame);
  const std::size_t b = place_of(other);
  return a != b ? a < b : frame < other;
}

StemOwners::StemOwners(const std::vector<std::string>& frames) {
  std::unordered_map<std::string_view, std::string_view> owners;
  owners.reserve(frames.size());
  for (const std::string& frame : frames) {
    const auto [entry, is_new] = owners.emplace(frame_stem(frame), frame);
    if (is_new) continue;
    const bool replaces = owns_before(frame, entry->second);
    others_.emplace(replaces ? entry->second : std::string_view(frame));
    if (replaces) entry->second = frame;
  }
}

bool StemOwners::owns(std::string_view frame) const {
  return others_.empty() || !others_.contains(std::string(frame));
}

}  // namespace animalctl
