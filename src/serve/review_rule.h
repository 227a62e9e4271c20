#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "serve/prediction_sink.h"
#include "serve/usual_pictures.h"

namespace animalctl::serve {

// Which pictures of queries are put among the frames, where people label them.
struct ReviewSettings {
  std::filesystem::path folder;      // the frames folder; "": none is stored
  double below = 0.7;                // those answered with less confidence, 0..1; 0: none
  double audit_share = 0.01;         // of all different pictures, 0..1, whatever the answer was
  double unusual = 5;                // those whose looks lie so many standard deviations out; 0: none
  bool all = false;                  // every picture
  std::uint64_t per_day = 1000;      // at most so many a day (UTC)
  std::filesystem::path trash = "";  // what was rejected there does not come back; "": <folder>/../trash/frames
};

enum class ReviewReason : std::uint8_t {
  None,
  Audit,    // chosen by chance: such labels tell how good the model is, and belong into the test part only
  Unsure,   // the confidence is low
  Unusual,  // it looks like nothing that was met before
  All,      // everything is stored
};

// "", "audit", "unsure", "unusual", "all".
std::string_view to_string(ReviewReason reason);

// The probability of the class that was answered.
double confidence_of(const PredictionRecord& record);

// Why a picture is to be stored. Whether it belongs to the audit is a function of its content and the share alone: the
// same picture is always in it or never, and with a greater share those of a smaller one still are. Shadows store
// nothing. Thread-safe.
ReviewReason review_reason(const ReviewSettings& settings, const PredictionRecord& record, const UsualPictures& usual);

}  // namespace animalctl::serve
