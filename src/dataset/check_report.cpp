#include <algorithm>
#include <nlohmann/json.hpp>

#include "animalctl/dataset/check_dataset.h"

namespace animalctl {
namespace {

struct KindRow {
  FindingKind kind;
  Severity severity;
  const char* key;
  const char* description;
};

constexpr KindRow kKinds[] = {
    {FindingKind::ConflictingLabels, Severity::Error, "conflicting_labels", "same picture with two labels"},
    {FindingKind::Unreadable, Severity::Error, "unreadable", "unreadable image"},
    {FindingKind::Truncated, Severity::Error, "truncated", "truncated image"},
    {FindingKind::Empty, Severity::Error, "empty", "empty file"},
    {FindingKind::Oversize, Severity::Error, "oversize", "image over the limits"},
    {FindingKind::WrongExtension, Severity::Error, "wrong_extension", "wrong file extension"},
    {FindingKind::GarbledAnnotation, Severity::Error, "garbled_annotation", "garbled annotation"},
    {FindingKind::UnknownLabel, Severity::Error, "unknown_label", "label is none of the classes"},
    {FindingKind::SharedAnnotation, Severity::Error, "shared_annotation", "frames sharing one annotation"},
    {FindingKind::OrphanAnnotation, Severity::Error, "orphan_annotation", "annotation without a frame"},
    {FindingKind::ExactDuplicate, Severity::Error, "exact_duplicate", "same content twice"},
    {FindingKind::NearDuplicate, Severity::Notice, "near_duplicate", "nearly the same picture"},
    {FindingKind::Damaged, Severity::Notice, "damaged", "decoded with complaints"},
    {FindingKind::Unlabelled, Severity::Notice, "unlabelled", "frame without a label"},
    {FindingKind::IgnoredFile, Severity::Notice, "ignored_file", "file that is no frame"},
};

const KindRow& row_of(FindingKind kind) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindRow& row) { return row.kind == kind; });
}

std::size_t count_severity(const CheckReport& report, Severity wanted) {
  return static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(),
                    [&](const Finding& finding) { return severity(finding.kind) == wanted; }));
}

}  // namespace

Severity severity(FindingKind kind) {
  return row_of(kind).severity;
}
std::string_view to_string(FindingKind kind) {
  return row_of(kind).key;
}
std::string_view describe(FindingKind kind) {
  return row_of(kind).description;
}

std::size_t CheckReport::count(FindingKind kind) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.kind == kind; }));
}

std::size_t CheckReport::errors() const {
  return count_severity(*this, Severity::Error);
}
std::size_t CheckReport::notices() const {
  return count_severity(*this, Severity::Notice);
}

std::string to_json(const CheckReport& report, const ClassList& classes) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["ok"] = report.errors() == 0;
  json["frames"] = report.frames;
  json["read"] = report.read;
  json["labelled"] = report.labelled;
  json["class_counts"] = Json::object();
  for (std::size_t i = 0; i < classes.size(); ++i) json["class_counts"][classes.names()[i]] = report.class_counts[i];
  json["errors"] = report.errors();
  json["notices"] = report.notices();
  json["counts"] = Json::object();
  for (const KindRow& row : kKinds) json["counts"][row.key] = report.count(row.kind);
  json["findings"] = Json::array();
  for (const Finding& finding : report.findings) {
    Json entry;
    entry["kind"] = to_string(finding.kind);
    entry["severity"] = severity(finding.kind) == Severity::Error ? "error" : "notice";
    entry["files"] = finding.files;
    if (!finding.labels.empty()) entry["labels"] = finding.labels;
    if (!finding.detail.empty()) entry["detail"] = finding.detail;
    json["findings"].push_back(std::move(entry));
  }
  // File names are bytes; those that are not UTF-8 are shown with U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace animalctl
