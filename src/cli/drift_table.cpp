#include "cli/drift_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/time_flag.h"

namespace animalctl::cli {
namespace {

constexpr std::size_t kImagesShown = 5;

std::string stretch_line(const char* what, const drift::Stretch& stretch) {
  return fmt::format("{:<10} {} answers ({} different pictures), {} to {}\n", what, stretch.answers, stretch.pictures,
                     time_text(stretch.from_ms), time_text(stretch.until_ms));
}

std::string input_line(const drift::InputDrift& input) {
  const bool counted = input.input == "class";
  const std::string before = counted ? "" : fmt::format("{:.4g}", input.reference_mean);
  const std::string now = counted ? "" : fmt::format("{:.4g}", input.current_mean);
  double smallest = 1;
  for (const drift::WindowTest& test : input.windows) smallest = std::min(smallest, test.adjusted_p_value);
  return fmt::format("{:<13} {:<8} {:>3}/{:<3} {:>10} {:>10}  {:>7.3f} {:>5.2f}  {:>8.1e} {:>7.3f}  {}\n", input.input,
                     to_string(input.verdict), input.hits, input.looked, before, now, input.effect, input.floor,
                     smallest, input.psi, input.effect_name);
}

std::string share_line(const char* what, std::size_t right, std::size_t all, const Interval& interval) {
  if (all == 0) return "";
  return fmt::format("{} {:.1f}% ({} of {}, 95%: {:.1f}% to {:.1f}%)\n", what,
                     100 * static_cast<double>(right) / static_cast<double>(all), right, all, 100 * interval.low,
                     100 * interval.high);
}

std::string accuracy_lines(const drift::LiveAccuracy& accuracy) {
  std::string text;
  if (accuracy.estimated) {
    text += fmt::format("Estimated accuracy without labels: {:.1f}%", 100 * *accuracy.estimated);
    if (accuracy.estimated_reference) text += fmt::format(" (reference {:.1f}%)", 100 * *accuracy.estimated_reference);
    text += '\n';
  }
  text += share_line("Accuracy on labelled pictures:", accuracy.right, accuracy.labelled, accuracy.interval);
  text +=
      share_line("Accuracy on the blind audit:", accuracy.audited_right, accuracy.audited, accuracy.audited_interval);
  return text;
}

}  // namespace

std::string drift_table(const drift::DriftReport& report) {
  std::string text = fmt::format("{}: {}\n", to_string(report.verdict), report.reason);
  if (report.reference.answers == 0) return text.substr(0, text.size() - 1);
  text += stretch_line("Reference:", report.reference);
  for (const drift::Stretch& window : report.windows) text += stretch_line("Window:", window);
  text += fmt::format("\n{:<13} {:<8} {:>7} {:>10} {:>10}  {:>7} {:>5}  {:>8} {:>7}\n", "input", "verdict", "windows",
                      "reference", "now", "effect", "from", "p", "PSI");
  for (const drift::InputDrift& input : report.inputs) text += input_line(input);
  text += '\n' + accuracy_lines(report.accuracy);
  if (report.verdict == drift::Verdict::Drifted && !report.images.empty()) {
    text += "Most drifted pictures:\n";
    for (std::size_t i = 0; i < std::min(report.images.size(), kImagesShown); ++i) {
      const drift::DriftedImage& image = report.images[i];
      text += fmt::format("  {}  {} {:.4g}, {} {:.3f}\n", image.frame.empty() ? image.digest : image.frame, image.input,
                          image.value, image.label, image.confidence);
    }
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace animalctl::cli
