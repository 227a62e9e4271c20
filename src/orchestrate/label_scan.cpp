#include "orchestrate/label_scan.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/frame_listing.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kScanChunk = 256;
constexpr std::string_view kLabelFileHeader = "# animalctl labels 1 ";

bool by_key(const LabelEntry& left, const LabelEntry& right) {
  return left.key < right.key;
}

void read_one(const AnnotationFolder& folder, const ClassList& classes, FrameLabel& item) {
  item.key = label_key(folder.name_of(item.frame));
  const Result<Annotation> annotation = folder.read(item.frame);
  if (!annotation) return;
  item.label = classes.index_of(annotation.value().label).value_or(-1);
  // The seed's labels say nothing of their source: people made them.
  item.human = annotation.value().source != "auto";
}

LabelEntry parse_label_row(std::string_view line, std::size_t classes) {
  LabelEntry entry;
  const char* const end = line.data() + line.size();
  const auto key = std::from_chars(line.data(), end, entry.key, 16);
  if (key.ec != std::errc() || key.ptr == end || *key.ptr != ',') return LabelEntry{};
  const auto label = std::from_chars(key.ptr + 1, end, entry.label);
  if (label.ec != std::errc() || label.ptr == end || *label.ptr != ',') return LabelEntry{};
  const std::string_view source(label.ptr + 1, static_cast<std::size_t>(end - label.ptr - 1));
  if (entry.label < 0 || static_cast<std::size_t>(entry.label) >= classes) return LabelEntry{};
  if (source != "manual" && source != "auto") return LabelEntry{};
  entry.human = source == "manual";
  return entry;
}

}  // namespace

std::uint64_t label_key(std::string_view annotation_name) {
  return sha256(annotation_name).prefix();
}

std::vector<FrameLabel> scan_labels(const fs::path& frames_dir, const fs::path& annotations_dir,
                                    const ClassList& classes, int threads) {
  std::error_code ignored;
  if (!fs::is_directory(frames_dir, ignored) || !fs::is_directory(annotations_dir, ignored)) return {};
  std::vector<std::string> names = list_frames(frames_dir);
  const AnnotationFolder folder(annotations_dir, StemOwners(names));
  std::vector<FrameLabel> labels(names.size());
  const std::size_t chunks = (names.size() + kScanChunk - 1) / kScanChunk;
  parallel_for(chunks, threads > 0 ? threads : available_cores(), [&](std::size_t chunk) {
    const std::size_t end = std::min(names.size(), (chunk + 1) * kScanChunk);
    for (std::size_t i = chunk * kScanChunk; i < end; ++i) {
      labels[i].frame = std::move(names[i]);
      read_one(folder, classes, labels[i]);
    }
  });
  return labels;
}

std::vector<LabelEntry> label_entries(std::span<const FrameLabel> labels) {
  std::vector<LabelEntry> entries;
  entries.reserve(labels.size());
  for (const FrameLabel& item : labels) {
    if (item.label >= 0) entries.push_back({item.key, item.label, item.human});
  }
  std::sort(entries.begin(), entries.end(), by_key);
  return entries;
}

std::vector<LabelEntry> entries_of_rows(std::span<const std::string> rows) {
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const std::string& row : rows) names.push_back(fs::path(row).filename().string());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const StemOwners owners(names);
  std::vector<LabelEntry> entries;
  entries.reserve(names.size());
  for (const std::string& name : names) {
    const std::string file = owners.owns(name) ? plain_annotation_name(name) : qualified_annotation_name(name);
    entries.push_back({label_key(file), kSomeLabel, false});
  }
  std::sort(entries.begin(), entries.end(), by_key);
  return entries;
}

LabelChange compare_labels(std::span<const LabelEntry> before, std::span<const LabelEntry> now, std::size_t classes) {
  LabelChange change;
  change.by_class.assign(classes, 0);
  const auto old_labels = static_cast<std::int64_t>(
      std::count_if(before.begin(), before.end(), [](const LabelEntry& entry) { return entry.label != -1; }));
  std::int64_t kept = 0;
  auto old = before.begin();
  for (const LabelEntry& entry : now) {
    if (entry.label < 0) continue;
    old = std::lower_bound(old, before.end(), entry, by_key);
    const bool known = old != before.end() && old->key == entry.key && old->label != -1;
    if (known) ++kept;
    if (known && (old->label == entry.label || old->label == kSomeLabel)) continue;
    ++(known ? change.changed : change.added);
    ++change.by_class[static_cast<std::size_t>(entry.label)];
  }
  change.removed = old_labels - kept;
  return change;
}

std::string format_label_file(std::span<const LabelEntry> entries, const ClassList& classes) {
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), "{}{}\n", kLabelFileHeader, fmt::join(classes.names(), ","));
  for (const LabelEntry& entry : entries) {
    fmt::format_to(std::back_inserter(text), "{:016x},{},{}\n", entry.key, entry.label,
                   entry.human ? "manual" : "auto");
  }
  return fmt::to_string(text);
}

std::vector<LabelEntry> parse_label_file(std::string_view text, std::string_view origin, const ClassList& classes) {
  const std::string header = fmt::format("{}{}\n", kLabelFileHeader, fmt::join(classes.names(), ","));
  if (!text.starts_with(header)) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} is no record of the labels of {}", origin, classes.joined()));
  }
  std::vector<LabelEntry> entries;
  int number = 1;
  for (std::size_t at = header.size(); at < text.size();) {
    ++number;
    const std::size_t end = text.find('\n', at);
    const std::string_view line = text.substr(at, end == std::string_view::npos ? end : end - at);
    const LabelEntry entry = end == std::string_view::npos ? LabelEntry{} : parse_label_row(line, classes.size());
    const bool sorted = entries.empty() || entries.back().key < entry.key;
    if (entry.label < 0 || !sorted) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} line {}: \"{}\" is no label (key,class,source in the order of "
                                                   "the keys)",
                                                   origin, number, line));
    }
    entries.push_back(entry);
    at = end + 1;
  }
  return entries;
}

}  // namespace animalctl::orchestrate
