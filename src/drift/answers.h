#pragma once

#include <cstdint>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "animalctl/lake/predictions.h"
#include "drift/inputs.h"

namespace animalctl::drift {

// The answers that a report is made of, read from the lake, each part the oldest first.
struct LoadedAnswers {
  std::string model;  // "": the lake has no answers
  std::int64_t version = 0;
  std::vector<lake::PredictionRow> oldest;  // what the reference is taken from
  std::vector<lake::PredictionRow> newest;  // whole windows, of settings.window answers each; may be empty
};

// Reads them: the version's oldest settings.reference (or those of the reference's time), and its newest windows before
// query.until_ms. While there are too few for both the windows are fewer, and nothing is in both.
LoadedAnswers load_answers(lake::Database& database, const DriftQuery& query);

// Up to `limit` of the version's answers that came later than the reference ends and before query.until_ms, the newest.
std::vector<lake::PredictionRow> load_later_answers(lake::Database& database, const LoadedAnswers& answers,
                                                    const DriftQuery& query, std::size_t reference_answers,
                                                    std::size_t limit);

// What a stretch of answers is.
Stretch stretch_of(Answers answers, std::size_t pictures);

}  // namespace animalctl::drift
