#include <fmt/core.h>

#include <iterator>
#include <string>
#include <string_view>

#include "animalctl/base/text.h"
#include "animalctl/registry/version_record.h"

namespace animalctl::registry {
namespace {

// Text in a Markdown table or paragraph: what could end the cell, begin markup or HTML is escaped.
std::string card_text(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]<>#|!&~";
  std::string escaped;
  for (const char character : text) {
    if (character == '\n' || character == '\r') {
      escaped += ' ';
      continue;
    }
    if (kMarkup.find(character) != std::string_view::npos) escaped += '\\';
    escaped += character;
  }
  return escaped;
}

void append_table(std::string& card, std::string_view heading, std::string_view columns, const NamedTexts& rows) {
  if (rows.empty()) return;
  card += fmt::format("## {}\n\n{}\n|---|---|\n", heading, columns);
  for (const auto& [name, text] : rows) card += fmt::format("| {} | {} |\n", card_text(name), card_text(text));
  card += '\n';
}

std::string metric_text(const MetricRecord& metric) {
  if (!metric.low || !metric.high) return fmt::format("{:.4f}", metric.value);
  return fmt::format("{:.4f} (95 % interval {:.4f} to {:.4f})", metric.value, *metric.low, *metric.high);
}

NamedTexts detail_rows(const VersionRecord& record) {
  NamedTexts rows = {
      {"model", record.model}, {"version", fmt::format("{}", record.version)}, {"registered", record.created}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) rows.emplace_back(name, text);
  };
  add("architecture", record.architecture);
  add("trained by run", record.run);
  add("why it was trained", record.trigger);
  if (record.parent) add("parent", fmt::format("version {}", *record.parent));
  return rows;
}

NamedTexts data_rows(const VersionRecord& record) {
  NamedTexts rows;
  if (record.train_images > 0) rows.emplace_back("training images", fmt::format("{}", record.train_images));
  if (record.val_images > 0) rows.emplace_back("validation images", fmt::format("{}", record.val_images));
  if (!record.data_digest.empty()) rows.emplace_back("digest of the data", record.data_digest);
  if (!record.split_digest.empty()) rows.emplace_back("digest of the split", record.split_digest);
  return rows;
}

void append_use(std::string& card, const VersionRecord& record) {
  if (record.classes.empty()) return;
  std::string classes;
  for (const std::string& name : record.classes) {
    classes += fmt::format("{}{}", classes.empty() ? "" : ", ", card_text(name));
  }
  card += fmt::format(
      "## Intended use\n\nSays which of these classes an image shows: {}. An image of anything else also gets one of "
      "these answers. It was measured on images like those it was trained on; other cameras, light or subjects need a "
      "measurement of their own before its answers are relied on. It is no ground for decisions about people.\n\n",
      classes);
}

void append_limits(std::string& card, const VersionRecord& record) {
  card += "## Caveats\n\n";
  bool interval = false;
  for (const MetricRecord& metric : record.metrics) interval = interval || metric.low.has_value();
  if (record.metrics.empty()) card += "- Nothing was measured.\n";
  if (!record.metrics.empty() && !interval) card += "- The metrics have no confidence intervals.\n";
  if (record.gates.empty()) card += "- No gate was asked before it was registered.\n";
  for (const GateRecord& gate : record.gates) {
    if (gate.verdict != "pass") {
      card += fmt::format("- The gate {} said {}: {}\n", card_text(gate.name), card_text(gate.verdict),
                          card_text(gate.reason));
    }
  }
  if (record.data_digest.empty()) card += "- What it was trained on is not known.\n";
  card += "- Drift after the registration shows in `animalctl drift report`, not here.\n\n";
}

}  // namespace

std::string model_card(const VersionRecord& record) {
  std::string card = fmt::format("# {} version {}\n\n", card_text(record.model), record.version);
  append_table(card, "Model details", "| | |", detail_rows(record));
  append_use(card, record);
  NamedTexts metrics;
  for (const MetricRecord& metric : record.metrics) metrics.emplace_back(metric.name, metric_text(metric));
  append_table(card, "Metrics", "| metric | value |", metrics);
  if (!record.gates.empty()) {
    card += "## Gates\n\n| gate | verdict | reason |\n|---|---|---|\n";
    for (const GateRecord& gate : record.gates) {
      card += fmt::format("| {} | {} | {} |\n", card_text(gate.name), card_text(gate.verdict), card_text(gate.reason));
    }
    card += '\n';
  }
  append_table(card, "Training data", "| | |", data_rows(record));
  append_limits(card, record);
  append_table(card, "Settings", "| setting | value |", record.settings);
  append_table(card, "Software", "| | |", record.software);
  if (!record.files.empty()) {
    card += "## Files\n\n| file | bytes | SHA-256 |\n|---|---|---|\n";
    for (const VersionFile& file : record.files) {
      card += fmt::format("| {} | {} | `{}` |\n", card_text(file.name), file.bytes, file.sha256.hex());
    }
  }
  return card;
}

}  // namespace animalctl::registry
