#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/lake/database.h"
#include "animalctl/stats/interval.h"
#include "animalctl/stats/persistence.h"

namespace animalctl::drift {

// What was found. In JSON and for people: "too-few", "stable", "drifted".
enum class Verdict : std::uint8_t {
  TooFew,  // there is not enough to say anything
  Stable,
  Drifted,
};
std::string_view to_string(Verdict verdict);

// How a version's answers are compared (docs/drift.md says why these are the defaults). A window is `window` answers in
// a row, of which each picture counts once; the last `persistence.windows` windows are looked at.
struct DriftSettings {
  std::size_t window = 100;              // 50..100,000 answers
  std::size_t min_window = 50;           // different pictures that a window needs, 30..window
  std::size_t reference = 1000;          // answers that are taken as reference at most, 200..100,000
  std::size_t min_reference = 200;       // different pictures that the reference needs, 100..reference
  PersistenceRule persistence{2, 3};     // windows that must agree, of the last so many
  double alpha = 0.001;                  // false alarms of one window over all inputs (Holm 1979), 0..1
  double min_wasserstein = 0.3;          // effect floor of numbers, in standard deviations of the reference
  double min_jensen_shannon = 0.15;      // effect floor of categories
  double min_mmd = 0.03;                 // effect floor of features, squared maximum mean discrepancy
  double min_accuracy_change = 0.05;     // effect floor of disagreement between people and model
  std::size_t min_labelled = 30;         // labelled pictures needed on each side
  std::size_t most_drifted_images = 24;  // how many are named, 0..1000
};

// What a person said of a picture.
struct LabelledContent {
  std::string digest;  // SHA-256 of the picture, 64 hexadecimal digits
  std::string label;   // as the annotation has it; letter case does not count
  bool audit = false;  // chosen by chance, not because the model was unsure: see docs/formats/predictions-jsonl.md
};

// Which answers are looked at.
struct DriftQuery {
  std::string model;                     // "": that of the newest answer
  std::optional<std::int64_t> version;   // none: the one that gave most of the newest answers
  std::optional<std::int64_t> until_ms;  // answers before this time; none: all
  // The reference: none of both: the version's first quiet window, see docs/drift.md.
  std::optional<std::int64_t> reference_from_ms;
  std::optional<std::int64_t> reference_until_ms;
  std::optional<double> validation_accuracy;  // what the version reached before it was released; shown beside others
  std::vector<LabelledContent> labels;        // what people said, for disagreement and accuracy; may be empty
  DriftSettings settings;
};

// A stretch of answers of one version.
struct Stretch {
  std::int64_t from_ms = 0;   // of its first answer
  std::int64_t until_ms = 0;  // of its last answer
  std::size_t answers = 0;
  std::size_t pictures = 0;  // different ones
};

// One input in one window.
struct WindowTest {
  double p_value = 1;           // of the test alone
  double adjusted_p_value = 1;  // over all inputs of this window (Holm)
  double effect = 0;            // how far the distributions lie apart, in the unit of InputDrift::effect_name
  bool drifted = false;         // adjusted_p_value ≤ alpha and effect ≥ floor
  bool counted = false;         // false: the window had too few values
};

// A bar of both distributions.
struct Bar {
  std::string name;  // "0.25 … 0.5", or the category
  double low = 0;    // of numbers: its edges, finite
  double high = 0;
  std::size_t reference = 0;
  std::size_t current = 0;
};

// What was found of one input. Inputs: "score" (two classes), "confidence", "class", "size" (megapixels), "aspect"
// (width / height), "brightness", "contrast", "saturation", "sharpness", "features" (what the model's last layer saw),
// "disagreement". One that was never recorded is left out.
struct InputDrift {
  std::string input;
  std::string test;         // "kolmogorov-smirnov", "chi-square", "mmd", "fisher"
  std::string effect_name;  // "wasserstein", "jensen-shannon", "mmd2", "difference"
  double floor = 0;         // of the effect
  Verdict verdict = Verdict::TooFew;
  std::size_t hits = 0;    // windows that drifted
  std::size_t looked = 0;  // windows that could be looked at
  std::size_t reference_count = 0;
  std::size_t current_count = 0;  // in all windows that were looked at
  double reference_mean = 0;      // of numbers; of features: distance from their centre; of disagreement: its share
  double current_mean = 0;
  double psi = 0;                   // population stability index over the bars, shown for people who know it
  double effect = 0;                // over all windows that were looked at
  std::vector<WindowTest> windows;  // the oldest first
  std::vector<Bar> bars;            // numbers: deciles of the reference; categories: the most frequent ones
};

// A picture that is far from the reference.
struct DriftedImage {
  std::string digest;
  std::string frame;  // its name among the frames; "" when it is none
  std::int64_t at_ms = 0;
  std::string label;  // the model's answer
  double confidence = 0;
  std::string input;    // the one it is furthest out in
  double value = 0;     // there
  double distance = 0;  // in standard deviations of the reference, the root mean square over the drifted inputs
};

// How good the version is, as far as one can know.
struct LiveAccuracy {
  // Expected accuracy without labels (CBPE, stats/performance_estimate.h) of the reference and of the windows.
  std::optional<double> estimated_reference;
  std::optional<double> estimated;
  Interval estimated_interval;  // 95 %
  // Share of labelled pictures in the windows that the model answered right: all of them (biased: people label what the
  // model is unsure of first), and those chosen by chance.
  std::size_t labelled = 0;
  std::size_t right = 0;
  Interval interval;  // 95 %, Wilson
  std::size_t audited = 0;
  std::size_t audited_right = 0;
  Interval audited_interval;
  std::optional<double> validation;  // DriftQuery::validation_accuracy
};

struct DriftReport {
  std::string model;  // "" when the lake has no answers
  std::int64_t version = 0;
  Verdict verdict = Verdict::TooFew;  // Drifted when one input is, Stable when all that could be looked at are
  std::string reason;                 // a sentence: why
  Stretch reference;
  std::vector<Stretch> windows;    // the oldest first
  std::vector<InputDrift> inputs;  // in the order above
  std::vector<DriftedImage> images;
  LiveAccuracy accuracy;
  DriftSettings settings;
};

// Looks at what a version answered lately against what it answered at first. Reads at most settings.reference +
// persistence.windows · window rows of the lake by its indexes, and the labels given. Tells the same every time for the
// same lake and query. Throws InvalidArgument for settings out of range, and Database's errors. One connection a
// thread.
DriftReport drift_report(lake::Database& database, const DriftQuery& query);

// The report as one JSON object (docs/drift.md), indented by two.
std::string to_json(const DriftReport& report);

// What people said of the frames that the lake knows by their content (lake import). `annotations_dir` may be missing.
// A garbled annotation counts as none. Throws Database's errors and those of reading the folder.
std::vector<LabelledContent> read_labelled_contents(lake::Database& database, const std::string& annotations_dir);

}  // namespace animalctl::drift
