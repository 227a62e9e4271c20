#include "serve/review_rule.h"

#include <algorithm>

namespace animalctl::serve {
namespace {

// Independent of the canary's choice and the split's, which are made from the digest too.
bool is_audited(const Digest& image, double share) {
  if (share <= 0) return false;
  Sha256 hash;
  hash.update("animalctl blind audit 1\n");
  hash.update(std::as_bytes(std::span(image.bytes)));
  return static_cast<double>(hash.finish().prefix() >> 11) * 0x1.0p-53 < share;
}

}  // namespace

std::string_view to_string(ReviewReason reason) {
  switch (reason) {
    case ReviewReason::None:
      return "";
    case ReviewReason::Audit:
      return "audit";
    case ReviewReason::Unsure:
      return "unsure";
    case ReviewReason::Unusual:
      return "unusual";
    case ReviewReason::All:
      return "all";
  }
  return "";
}

double confidence_of(const PredictionRecord& record) {
  if (record.scores.empty()) return 0;
  const auto score = static_cast<double>(*std::max_element(record.scores.begin(), record.scores.end()));
  return record.scores.size() == 1 ? std::max(score, 1 - score) : score;
}

ReviewReason review_reason(const ReviewSettings& settings, const PredictionRecord& record, const UsualPictures& usual) {
  if (settings.folder.empty() || record.role == Role::Shadow) return ReviewReason::None;
  if (is_audited(record.image, settings.audit_share)) return ReviewReason::Audit;
  if (confidence_of(record) < settings.below) return ReviewReason::Unsure;
  if (usual.is_unusual(record)) return ReviewReason::Unusual;
  return settings.all ? ReviewReason::All : ReviewReason::None;
}

}  // namespace animalctl::serve
