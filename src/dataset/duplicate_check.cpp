#include "dataset/duplicate_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "dataset/near_graph.h"

namespace animalctl {
namespace {

// The frames of one content, by index, in order of name.
using ContentGroup = std::vector<std::size_t>;

std::vector<ContentGroup> group_by_content(std::span<const ExaminedFrame> frames) {
  std::vector<ContentGroup> groups;
  std::unordered_map<Digest, std::size_t> group_of;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto [found, is_new] = group_of.try_emplace(frames[i].digest, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(i);
  }
  return groups;
}

// The label all labelled frames of the group have; -1: none is labelled.
int label_of_group(std::span<const ExaminedFrame> frames, const ContentGroup& group) {
  for (const std::size_t frame : group) {
    if (frames[frame].label >= 0) return frames[frame].label;
  }
  return -1;
}

bool labels_differ(std::span<const ExaminedFrame> frames, const ContentGroup& group) {
  const int label = label_of_group(frames, group);
  return std::any_of(group.begin(), group.end(),
                     [&](std::size_t frame) { return frames[frame].label >= 0 && frames[frame].label != label; });
}

std::string label_name(const ClassList& classes, int label) {
  return label < 0 ? std::string() : classes.name(label);
}

Finding exact_finding(std::span<const ExaminedFrame> frames, const ClassList& classes, const ContentGroup& group) {
  Finding finding;
  finding.kind = labels_differ(frames, group) ? FindingKind::ConflictingLabels : FindingKind::ExactDuplicate;
  finding.detail = "same bytes";
  for (const std::size_t frame : group) {
    finding.files.push_back(frames[frame].name);
    finding.labels.push_back(label_name(classes, frames[frame].label));
  }
  return finding;
}

}  // namespace

std::vector<Finding> find_duplicates(std::span<const ExaminedFrame> frames, const ClassList& classes,
                                     int near_distance) {
  const std::vector<ContentGroup> groups = group_by_content(frames);
  std::vector<Finding> findings;
  std::vector<std::uint64_t> hashes;
  hashes.reserve(groups.size());
  for (const ContentGroup& group : groups) {
    hashes.push_back(frames[group.front()].perceptual_hash);
    if (group.size() > 1) findings.push_back(exact_finding(frames, classes, group));
  }
  for (const NearPair& pair : connecting_near_pairs(hashes, near_distance)) {
    const int first = label_of_group(frames, groups[pair.first]);
    const int second = label_of_group(frames, groups[pair.second]);
    Finding finding;
    const bool conflict = first >= 0 && second >= 0 && first != second;
    finding.kind = conflict ? FindingKind::ConflictingLabels : FindingKind::NearDuplicate;
    finding.files = {frames[groups[pair.first].front()].name, frames[groups[pair.second].front()].name};
    finding.labels = {label_name(classes, first), label_name(classes, second)};
    finding.detail = pair.distance == 0 ? "looks the same" : fmt::format("{} of 64 bits differ", pair.distance);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace animalctl
