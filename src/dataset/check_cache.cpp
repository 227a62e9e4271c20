#include "dataset/check_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/version.h"

namespace animalctl {
namespace {

constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{4} << 30;
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Another version may decode, limit or judge otherwise.
std::string first_line() {
  return fmt::format("# animalctl checked frames 1 {}\n", kVersion);
}

// Only these are said of a frame that was decoded.
std::optional<FindingKind> kind_named(std::string_view name) {
  for (const FindingKind kind : {FindingKind::WrongExtension, FindingKind::Truncated, FindingKind::Damaged}) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string line_of(const CheckedFrame& frame) {
  nlohmann::ordered_json json = {
      {"name", frame.name},
      {"stamp", {frame.stamp.bytes, frame.stamp.modified_ns, frame.stamp.changed_ns, frame.stamp.inode}},
      {"sha256", frame.check.digest.hex()},
      {"perceptual_hash", fmt::format("{:016x}", frame.check.perceptual_hash)}};
  for (const Finding& finding : frame.check.findings) {
    json["findings"].push_back({{"kind", to_string(finding.kind)}, {"detail", finding.detail}});
  }
  return json.dump() + "\n";
}

CheckedFrame parse_line(std::string_view line, const std::string& origin) {
  const nlohmann::json json = parse_json(line, origin);
  CheckedFrame frame;
  frame.name = json.at("name").get<std::string>();
  const auto& stamp = json.at("stamp");
  frame.stamp = {stamp.at(0).get<std::uint64_t>(), stamp.at(1).get<std::int64_t>(), stamp.at(2).get<std::int64_t>(),
                 stamp.at(3).get<std::uint64_t>()};
  const auto digest = Digest::from_hex(json.at("sha256").get<std::string>());
  const auto hash = json.at("perceptual_hash").get<std::string>();
  const auto [end, failed] = std::from_chars(hash.data(), hash.data() + hash.size(), frame.check.perceptual_hash, 16);
  if (!digest || failed != std::errc() || end != hash.data() + hash.size()) {
    throw Error(ErrorCode::DataLoss, origin + " has a digest that is none");
  }
  frame.check.decoded = true;
  frame.check.digest = *digest;
  for (const nlohmann::json& finding : json.value("findings", nlohmann::json::array())) {
    const auto kind = kind_named(finding.at("kind").get<std::string>());
    if (!kind) throw Error(ErrorCode::DataLoss, origin + " has a finding that is none");
    frame.check.findings.push_back({*kind, {frame.name}, {}, finding.at("detail").get<std::string>()});
  }
  return frame;
}

}  // namespace

std::optional<FileStamp> stamp_of(const std::filesystem::path& path, std::int64_t now_ns) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const FileStamp stamp{static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
                        nanoseconds(status.st_ctim), static_cast<std::uint64_t>(status.st_ino)};
  if (std::max(stamp.modified_ns, stamp.changed_ns) > now_ns - kSettledNs) return std::nullopt;
  return stamp;
}

CheckCache::CheckCache(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code ignored;
  if (file_.empty() || !std::filesystem::is_regular_file(file_, ignored)) return;
  try {
    read();
  } catch (const std::exception& error) {
    log::warning("what was checked before cannot be read; every frame is checked anew", {{"reason", error.what()}});
    frames_.clear();
  }
}

void CheckCache::read() {
  const std::string text = read_text_file(file_, kMaxCacheBytes);
  const std::string head = first_line();
  if (!text.starts_with(head)) return;
  std::size_t number = 1;
  for (std::size_t at = head.size(); at < text.size();) {
    ++number;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    CheckedFrame frame =
        parse_line(std::string_view(text).substr(at, end - at), fmt::format("{} line {}", file_.string(), number));
    std::string name = frame.name;
    frames_.insert_or_assign(std::move(name), std::move(frame));
    at = end + 1;
  }
}

const FrameCheck* CheckCache::find(const std::string& name, const FileStamp& stamp) const {
  const auto found = frames_.find(name);
  return found == frames_.end() || found->second.stamp != stamp ? nullptr : &found->second.check;
}

void CheckCache::replace(std::vector<CheckedFrame> frames) {
  if (file_.empty()) return;
  const bool same = frames.size() == frames_.size() &&
                    std::all_of(frames.begin(), frames.end(),
                                [&](const CheckedFrame& frame) { return find(frame.name, frame.stamp) != nullptr; });
  if (same) return;
  try {
    std::string text = first_line();
    for (const CheckedFrame& frame : frames) {
      try {
        text += line_of(frame);
      } catch (const nlohmann::json::exception&) {
        // A name that is no UTF-8: such a frame is read each time.
      }
    }
    if (file_.has_parent_path()) create_folders(file_.parent_path());
    write_file_atomic(file_, text);
  } catch (const Error& error) {
    log::warning("what was checked cannot be kept", {{"reason", error.message()}});
  }
  frames_.clear();
  for (CheckedFrame& frame : frames) {
    std::string name = frame.name;
    frames_.insert_or_assign(std::move(name), std::move(frame));
  }
}

}  // namespace animalctl
