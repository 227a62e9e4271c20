#include "dataset/frame_check.h"

#include <fmt/core.h>

#include "animalctl/base/file.h"
#include "animalctl/image/limits.h"
#include "dataset/image_extension.h"

namespace animalctl {
namespace {

FindingKind kind_of(const Error& error) {
  const bool too_much = error.code() == ErrorCode::ResourceExhausted || error.code() == ErrorCode::DeadlineExceeded;
  return too_much ? FindingKind::Oversize : FindingKind::Unreadable;
}

// The first line only: notes and hints of lower layers would fill the table.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class FrameInspection {
 public:
  FrameInspection(const std::string& name, const ImageExaminer& examiner) : name_(name), examiner_(examiner) {}

  FrameCheck take() { return std::move(check_); }

  void add(FindingKind kind, const std::string& detail) {
    check_.findings.push_back({kind, {name_}, {}, first_line(detail)});
  }

  void inspect(const Bytes& bytes) {
    if (bytes.empty()) return add(FindingKind::Empty, "");
    const Result<ImageHeader> header = parse_image_header(bytes);
    if (!header) return add(FindingKind::Unreadable, header.error().message());
    if (!extension_fits(name_, header.value().format)) {
      add(FindingKind::WrongExtension, fmt::format("the content is {}", to_string(header.value().format)));
    }
    if (const auto limit = check_decode_limits(header.value(), bytes.size(), DecodeLimits{})) {
      return add(FindingKind::Oversize, limit->message());
    }
    const bool complete = header.value().complete;
    if (!complete) add(FindingKind::Truncated, header.value().note);
    decode(bytes, complete);
  }

 private:
  void decode(const Bytes& bytes, bool complete) {
    const Result<ImageFacts> facts = examiner_(bytes);
    if (!facts) {
      // What is cut cannot be decoded: one finding says it.
      if (complete) add(kind_of(facts.error()), facts.error().message());
      return;
    }
    if (complete && !facts.value().warnings.empty()) add(FindingKind::Damaged, facts.value().warnings.front());
    check_.decoded = true;
    check_.digest = sha256(bytes);
    check_.perceptual_hash = facts.value().perceptual_hash;
  }

  const std::string& name_;
  const ImageExaminer& examiner_;
  FrameCheck check_;
};

}  // namespace

FrameCheck check_frame(const std::filesystem::path& frames_dir, const std::string& name,
                       const ImageExaminer& examiner) {
  FrameInspection inspection(name, examiner);
  try {
    inspection.inspect(read_file(frames_dir / name, DecodeLimits{}.max_bytes));
  } catch (const Error& error) {
    inspection.add(kind_of(error), error.message());
  }
  return inspection.take();
}

}  // namespace animalctl
