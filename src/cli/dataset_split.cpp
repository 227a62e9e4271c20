#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "animalctl/base/log.h"
#include "animalctl/dataset/split_dataset.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

// "3 (a.png, b.png, c.png)"; at most three are named.
std::string count_and_names(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  std::string list;
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return fmt::format("{} ({}{})", names.size(), list, names.size() > kNamed ? ", …" : "");
}

std::string_view reason(LeftOutKind kind) {
  switch (kind) {
    case LeftOutKind::NoAnnotation:
      return "no label";
    case LeftOutKind::GarbledAnnotation:
      return "garbled annotation";
    case LeftOutKind::UnknownLabel:
      return "label not among the classes";
    case LeftOutKind::Undecodable:
      return "undecodable image";
  }
  return "";
}

std::string counts_text(const SplitReport& report, const ClassList& classes) {
  std::string text;
  for (const Part part : kParts) {
    const std::vector<std::size_t>& counts = report.counts[static_cast<std::size_t>(part)];
    std::size_t total = 0;
    std::string by_class;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      total += counts[i];
      by_class += fmt::format("{}{} {}", i == 0 ? "" : ", ", classes.names()[i], counts[i]);
    }
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : "; ", to_string(part), total, by_class);
  }
  return text;
}

std::string left_out_text(const SplitReport& report) {
  std::string text;
  for (const LeftOutKind kind : {LeftOutKind::NoAnnotation, LeftOutKind::GarbledAnnotation, LeftOutKind::UnknownLabel,
                                 LeftOutKind::Undecodable}) {
    std::vector<std::string> names;
    for (const LeftOutFrame& frame : report.left_out) {
      if (frame.kind == kind) names.push_back(frame.name);
    }
    if (!names.empty()) text += fmt::format("; left out, {}: {}", reason(kind), count_and_names(names));
  }
  return text;
}

class DatasetSplit final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("TRAIN_CSV", train_csv_, "Snapshot to write for training")->required();
    app.add_option("VAL_CSV", val_csv_, "Snapshot to write for validation")->required();
    app.add_option("TEST_CSV", test_csv_, "Snapshot to write for the final test")->required();
    declare_frames_dir(app, frames_dir_);
    declare_annotations_dir(app, annotations_dir_);
    declare_fraction(app, "--train-frac", fractions_.train, "training");
    declare_fraction(app, "--val-frac", fractions_.val, "validation");
    declare_fraction(app, "--test-frac", fractions_.test, "testing");
    app.add_option("--seed", seed_, "The same seed splits the same frames in the same way")
        ->type_name("S")
        ->check(integer_between(0, 1LL << 53))
        ->capture_default_str();
    app.add_flag("--no-stratify", no_stratify_, "Do not keep the proportions of the classes in each part");
    app.add_flag(
        "--stable", stable_,
        "Assign each image by its content, for ever: it keeps its part when others come or go or it is renamed, "
        "and near-duplicates share a part. Recorded in stable_split.csv beside TRAIN_CSV");
    declare_classes(app, classes_);
    app.add_flag("--strict", strict_,
                 "Stop at the first garbled annotation, unknown label or (with --stable) undecodable image");
    declare_threads(app, threads_);
    app.footer(
        "Frames without a label are left out and counted. The three files are replaced only when all could be "
        "written.\n"
        "Example: animalctl dataset-split data/train.csv data/val.csv data/test.csv --seed 1");
  }

  int run(Context& context) override {
    const ClassList classes(parse_classes(classes_));
    SplitDatasetOptions options{.csv = {train_csv_, val_csv_, test_csv_},
                                .frames_dir = frames_dir_,
                                .annotations_dir = annotations_dir_,
                                .classes = classes,
                                .fractions = fractions_,
                                .seed = static_cast<std::uint64_t>(seed_),
                                .stratify = !no_stratify_,
                                .stable = stable_,
                                .strict = strict_,
                                .threads = threads_};
    ImageExaminer examiner;
    if (stable_) {
      check_fractions(fractions_);
      examiner = [&engine = context.engine()](std::span<const std::byte> bytes) { return engine.examine(bytes); };
    }
    const SplitReport report = split_dataset(options, examiner, context.terminal(), context.stop());
    for (const std::string& path : {train_csv_, val_csv_, test_csv_}) {
      context.print(fmt::format("Dataset stored to {}", path));
    }
    log::info(counts_text(report, classes) + left_out_text(report));
    if (!report.behind_another.empty()) {
      log::warning(
          fmt::format("frames without a label beside another of the same stem, which has the annotation: {}; "
                      "label them too",
                      count_and_names(report.behind_another)));
    }
    return kExitDone;
  }

 private:
  static void declare_fraction(CLI::App& app, const char* flag, double& value, const char* purpose) {
    app.add_option(flag, value, fmt::format("Share of the frames for {}", purpose))
        ->type_name("X")
        ->check(number_between(0, 1))
        ->capture_default_str();
  }

  std::string train_csv_;
  std::string val_csv_;
  std::string test_csv_;
  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  SplitFractions fractions_;
  long long seed_ = 0;
  bool no_stratify_ = false;
  bool stable_ = false;
  std::string classes_ = "cat,dog";
  bool strict_ = false;
  int threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_dataset_split() {
  return std::make_unique<DatasetSplit>();
}

}  // namespace animalctl::cli
