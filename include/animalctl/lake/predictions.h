#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/lake/database.h"

namespace animalctl::lake {

// What one look over a picture's pixels says of the camera (image/image_statistics.h has the formulas); absent where it
// was not measured.
struct ImageMeasures {
  std::optional<double> brightness;
  std::optional<double> contrast;
  std::optional<double> saturation;
  std::optional<double> sharpness;
  bool operator==(const ImageMeasures&) const = default;
};

// One answer of the prediction API, as docs/formats/predictions-jsonl.md describes its line.
struct PredictionRow {
  std::string request_id;
  std::string role;        // current, previous, forced, shadow
  std::int64_t at_ms = 0;  // since 1970, UTC
  std::string image;       // SHA-256 of the picture's bytes, 64 hexadecimal digits
  std::string model;
  std::int64_t version = 0;
  std::string label;            // upper case
  std::optional<double> score;  // with two classes: probability of the second
  double confidence = 0;        // probability of `label`
  std::int64_t image_bytes = 0;
  std::int64_t width = 0;   // pixels
  std::int64_t height = 0;  // pixels
  ImageMeasures measures;
  double total_ms = 0;          // what the client waited
  std::vector<float> features;  // projection of what the model's last layer saw; empty: not recorded, or not asked for
  std::string frame;            // the name under which the picture was put among the frames; "" when it was not
  bool operator==(const PredictionRow&) const = default;
};

// Which predictions are asked for; everything that is given must hold.
struct PredictionFilter {
  std::string model;                     // "": any
  std::optional<std::int64_t> version;   // none: any
  std::string role;                      // "": any but shadow; "any": all
  std::optional<std::int64_t> from_ms;   // at this time or later
  std::optional<std::int64_t> until_ms;  // before this time
  std::size_t limit = 1000;              // the newest so many; 1..1,000,000
  bool oldest_first = false;             // the oldest so many instead, the oldest first
  bool with_features = false;            // give PredictionRow::features as well
};

// Counts of one version over a stretch of time.
struct PredictionCounts {
  std::string model;
  std::int64_t version = 0;
  std::string role;
  std::int64_t count = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  double mean_confidence = 0;
};

// The predictions of a lake. Not thread-safe, as the connection is not. Errors: Database's.
class Predictions {
 public:
  // Makes the tables when they are not there.
  explicit Predictions(Database& database);

  // Stores rows in one transaction; a row whose (request_id, role) is there already changes nothing.
  void insert(std::span<const PredictionRow> rows);
  // The same within a transaction of the caller.
  void insert_within(std::span<const PredictionRow> rows);

  // Newest first unless the filter says otherwise.
  std::vector<PredictionRow> newest(const PredictionFilter& filter);
  // Every row that passes, in the same order, without keeping them; `visit` must not use the connection.
  void for_each(const PredictionFilter& filter, const std::function<void(const PredictionRow&)>& visit);
  std::int64_t count(const PredictionFilter& filter);
  // Of all predictions, every role, or of those that pass a filter; sorted by model, version and role. Counts of whole
  // hours are kept in the lake: the first call looks at each prediction in its window, later ones at those of the
  // newest hour and of hours that changed. Opens transactions, so it must not be called within one.
  std::vector<PredictionCounts> counts_by_version();
  std::vector<PredictionCounts> counts_by_version(const PredictionFilter& filter);

  // Deletes predictions before a time; returns how many.
  std::int64_t erase_before(std::int64_t at_ms);
  // Deletes the oldest until at most so many are left; returns how many.
  std::int64_t keep_newest(std::int64_t rows);

 private:
  std::vector<PredictionCounts> count_each(const PredictionFilter& filter);

  Database& database_;
};

}  // namespace animalctl::lake
