#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/model/serving_model.h"
#include "serve/canary_router.h"

namespace animalctl::serve {

// One query of the prediction API and what one version answered: a shadowed request gives two, with one request_id.
struct PredictionRecord {
  std::string request_id;                      // the X-Request-Id of the answer
  std::chrono::system_clock::time_point time;  // when the request came in
  Digest image;                                // SHA-256 of the picture's bytes as sent
  std::uint64_t image_bytes = 0;
  PictureFacts picture;
  std::string model;  // "animal"
  int version = 0;    // the one that computed
  Role role = Role::Current;
  std::string label;              // upper case
  std::vector<float> scores;      // one, P(classes[1]), with two classes; else one a class
  std::vector<float> projection;  // of the features; empty where the model has none
  std::chrono::nanoseconds decode{};
  std::chrono::nanoseconds queued{};
  std::chrono::nanoseconds inference{};
  std::chrono::nanoseconds total{};  // from the request's first byte; of a shadow: of its own computation
  // The picture itself, where the sink keeps pictures; may be null.
  std::shared_ptr<const std::string> bytes;
};

// Where queries and answers go: files now, a database later. Thread-safe.
class PredictionSink {
 public:
  virtual ~PredictionSink() = default;
  // True when the record, which is complete but for its `bytes`, should carry them.
  virtual bool wants_image(const PredictionRecord& record) const = 0;
  // Takes the record or drops it, counted; never waits for a disk and never throws.
  virtual void record(PredictionRecord record) noexcept = 0;
  // Stores what was taken, then drops what comes. Idempotent.
  virtual void close() = 0;
};

}  // namespace animalctl::serve
