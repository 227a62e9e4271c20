#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "animalctl/base/error.h"
#include "animalctl/dataset/check_dataset.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

// A control character in a file name must not move the cursor or colour the terminal.
std::string printable(const std::string& name) {
  std::string shown;
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    shown += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, character);
  }
  return shown;
}

std::string finding_line(const Finding& finding) {
  std::string line = "  ";
  for (std::size_t i = 0; i < finding.files.size(); ++i) {
    line += (i == 0 ? "" : ", ") + printable(finding.files[i]);
    const bool labelled = i < finding.labels.size() && !finding.labels[i].empty();
    if (labelled) line += fmt::format(" ({})", finding.labels[i]);
  }
  return finding.detail.empty() ? line : fmt::format("{}: {}", line, printable(finding.detail));
}

class DatasetCheck final : public Command {
 public:
  void declare(CLI::App& app) override {
    declare_frames_dir(app, frames_dir_);
    declare_annotations_dir(app, annotations_dir_);
    declare_classes(app, classes_);
    app.add_option("--near-duplicates", near_distance_,
                   "Pictures whose 64-bit perceptual hashes differ in at most so many bits count as the same; 0 to 15")
        ->type_name("DISTANCE")
        ->check(integer_between(0, 15))
        ->capture_default_str();
    app.add_option("--cache-dir", cache_dir_,
                   "Folder of what is known of files that do not change, safe to delete; \"\" for none")
        ->type_name("DIR")
        ->capture_default_str();
    declare_json(app, json_);
    declare_threads(app, threads_);
    app.footer(
        "Errors: one picture with two labels; unreadable, truncated, empty or oversize images; wrong extensions; "
        "garbled,\n"
        "unknown, shared or orphaned annotations; the same content twice. Notices: near-duplicates, decoder "
        "complaints,\n"
        "frames without a label, files that are no frames. Exit code 4 when there is an error, else 0.\n"
        "Example: animalctl dataset-check --json");
  }

  int run(Context& context) override {
    const ClassList classes(parse_classes(classes_));
    const CheckOptions options{.frames_dir = frames_dir_,
                               .annotations_dir = annotations_dir_,
                               .classes = classes,
                               .near_distance = near_distance_,
                               .threads = threads_,
                               .cache_file = cache_file(),
                               .now = std::chrono::system_clock::now()};
    const auto examiner = [&engine = context.engine()](std::span<const std::byte> bytes) {
      return engine.examine(bytes);
    };
    const CheckReport report = check_dataset(options, examiner, context.terminal(), context.stop());
    if (json_) {
      context.print(to_json(report, classes));
    } else {
      print_table(context, report, classes);
    }
    return report.errors() == 0 ? kExitDone : kExitCheckSaidNo;
  }

 private:
  std::filesystem::path cache_file() const {
    return cache_dir_.empty() ? std::filesystem::path() : std::filesystem::path(cache_dir_) / "checked_frames.jsonl";
  }

  void print_table(Context& context, const CheckReport& report, const ClassList& classes) const {
    std::string counts;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      counts += fmt::format(", {} {}", classes.names()[i], report.class_counts[i]);
    }
    context.print(fmt::format("{} frames in {}, {} labelled{}", report.frames, frames_dir_, report.labelled, counts));
    // Findings are sorted by kind, so each kind is one run of them.
    for (auto begin = report.findings.begin(); begin != report.findings.end();) {
      const auto end = std::find_if(begin, report.findings.end(),
                                    [&](const Finding& finding) { return finding.kind != begin->kind; });
      print_kind(context, {begin, end});
      begin = end;
    }
    const std::string notices = counted(report.notices(), "notice");
    context.print(report.errors() == 0
                      ? fmt::format("The data set is in order; {}", notices)
                      : fmt::format("The data set has {} and {}", counted(report.errors(), "error"), notices));
  }

  // "1 error", "2 errors"
  static std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  }

  static void print_kind(Context& context, std::span<const Finding> findings) {
    constexpr std::size_t kShown = 10;
    const FindingKind kind = findings.front().kind;
    context.print(fmt::format("{}: {}: {}", severity(kind) == Severity::Error ? "error" : "notice", describe(kind),
                              findings.size()));
    for (const Finding& finding : findings.first(std::min(kShown, findings.size()))) {
      context.print(finding_line(finding));
    }
    if (findings.size() > kShown) {
      context.print(fmt::format("  … and {} more; --json lists all", findings.size() - kShown));
    }
  }

  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  std::string classes_ = "cat,dog";
  std::string cache_dir_ = "cache";
  int near_distance_ = kDefaultNearDistance;
  bool json_ = false;
  int threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_dataset_check() {
  return std::make_unique<DatasetCheck>();
}

}  // namespace animalctl::cli
