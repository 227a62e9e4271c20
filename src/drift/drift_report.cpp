#include "animalctl/drift/drift_report.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "animalctl/lake/frame_index.h"
#include "drift/answers.h"
#include "drift/drifted_images.h"
#include "drift/input_summary.h"
#include "drift/live_accuracy.h"
#include "drift/quiet_reference.h"
#include "drift/reference.h"
#include "drift/settings_check.h"

namespace animalctl::drift {
namespace {

// Labels are few: disagreement is looked for in more answers than the windows have.
constexpr std::size_t kAnswersForLabels = 5000;

std::vector<Sample> windows_of(const std::vector<lake::PredictionRow>& newest, const DriftSettings& settings) {
  std::vector<Sample> windows;
  for (std::size_t begin = 0; begin + settings.window <= newest.size(); begin += settings.window) {
    windows.push_back(different_pictures(Answers(newest).subspan(begin, settings.window)));
  }
  return windows;
}

void describe_windows(const std::vector<lake::PredictionRow>& newest, const std::vector<Sample>& windows,
                      DriftReport& report) {
  const std::size_t size = report.settings.window;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    report.windows.push_back(stretch_of(Answers(newest).subspan(i * size, size), windows[i].size()));
  }
}

// One drifted input is enough; each one's false alarms are bounded together with the others'.
void conclude(DriftReport& report) {
  std::vector<std::string> drifted;
  bool any_stable = false;
  for (const InputDrift& input : report.inputs) {
    if (input.verdict == Verdict::Drifted) drifted.push_back(input.input);
    any_stable = any_stable || input.verdict == Verdict::Stable;
  }
  const DriftSettings& settings = report.settings;
  if (!drifted.empty()) {
    report.verdict = Verdict::Drifted;
    report.reason = fmt::format("{} of version {} differ from its reference", fmt::join(drifted, ", "), report.version);
  } else if (any_stable) {
    report.verdict = Verdict::Stable;
    report.reason = fmt::format("no input of version {} differs from its reference", report.version);
  } else if (report.reference.pictures < settings.min_reference) {
    report.reason = fmt::format("version {} has a reference of {} different pictures; {} are needed", report.version,
                                report.reference.pictures, settings.min_reference);
  } else {
    report.reason = fmt::format(
        "version {} has {} windows of {} answers since its reference; {} with {} different pictures are needed",
        report.version, report.windows.size(), settings.window, settings.persistence.needed, settings.min_window);
  }
}

void name_frames(lake::Database& database, std::vector<DriftedImage>& images) {
  if (images.empty()) return;
  lake::FrameIndex frames(database);
  for (DriftedImage& image : images) {
    const std::vector<std::string> names = frames.names_of(image.digest);
    // One that serve has just put among the frames may not be in the index yet.
    if (!names.empty()) image.frame = names.front();
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::TooFew:
      return "too-few";
    case Verdict::Stable:
      return "stable";
    case Verdict::Drifted:
      return "drifted";
  }
  return "too-few";
}

DriftReport drift_report(lake::Database& database, const DriftQuery& query) {
  check_settings(query.settings);
  DriftReport report;
  report.settings = query.settings;
  const LoadedAnswers loaded = load_answers(database, query);
  if (loaded.model.empty()) {
    report.model = query.model;
    report.reason = "the lake has no answers to look at; lake import brings what serve has written";
    return report;
  }
  report.model = loaded.model;
  report.version = loaded.version;

  const bool given = query.reference_from_ms || query.reference_until_ms;
  const std::size_t quiet = given ? loaded.oldest.size() : quiet_answers(loaded.oldest, query.settings);
  const Answers reference_answers = Answers(loaded.oldest).first(quiet);
  const Reference reference(different_pictures(reference_answers), query.settings);
  report.reference = stretch_of(reference_answers, reference.sample().size());
  const std::vector<Sample> windows = windows_of(loaded.newest, query.settings);
  describe_windows(loaded.newest, windows, report);
  report.inputs = summarise_inputs(reference, windows, query.settings);

  const LabelLookup labels(query.labels);
  if (!labels.empty()) {
    const std::vector<lake::PredictionRow> later =
        load_later_answers(database, loaded, query, quiet, kAnswersForLabels);
    auto input = disagreement(reference.sample(), different_pictures(later), labels, query.settings);
    if (input) report.inputs.push_back(*std::move(input));
  }
  report.accuracy =
      live_accuracy(reference.sample(), different_pictures(loaded.newest), labels, query.validation_accuracy);
  report.images = most_drifted_images(reference, windows, report.inputs, query.settings.most_drifted_images);
  name_frames(database, report.images);
  conclude(report);
  return report;
}

}  // namespace animalctl::drift
