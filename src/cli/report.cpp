#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "animalctl/report/analysis.h"
#include "cli/exit_code.h"
#include "cli/model_path.h"
#include "cli/model_report_source.h"
#include "cli/score_options.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json class_rows(const ModelReport& report, const ReportAnalysis& analysis) {
  Json rows = Json::array();
  for (std::size_t k = 0; k < report.classes.size(); ++k) {
    const ClassMetrics& one = analysis.metrics.per_class[k];
    rows.push_back({{"class", report.classes[k]},
                    {"images", one.count},
                    {"predicted", one.predicted},
                    {"precision", one.precision},
                    {"recall", one.recall},
                    {"f1", one.f1},
                    {"auc", optional_number(one.auc)}});
  }
  for (const ClassCurves& curves : analysis.curves) {
    rows[curves.class_index]["average_precision"] = optional_number(curves.average_precision);
  }
  return rows;
}

Json reliability_rows(const ReportAnalysis& analysis) {
  Json rows = Json::array();
  for (const ReliabilityBin& bin : analysis.reliability) {
    rows.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"images", bin.count},
                    {"mean_confidence", bin.mean_confidence},
                    {"accuracy", bin.accuracy}});
  }
  return rows;
}

Json slice_rows(const ReportAnalysis& analysis) {
  Json rows = Json::array();
  for (const Slice& slice : analysis.slices) {
    rows.push_back({{"group", slice.group},
                    {"slice", slice.name},
                    {"images", slice.count},
                    {"accuracy", slice.accuracy},
                    {"interval", {slice.interval.low, slice.interval.high}},
                    {"p_value", slice.p_value},
                    {"worse", slice.is_worse}});
  }
  return rows;
}

Json mistake_rows(const ModelReport& report, const ReportAnalysis& analysis) {
  Json rows = Json::array();
  for (std::size_t rank = 0; rank < std::min(analysis.mistakes.size(), kShownMistakes); ++rank) {
    const std::size_t index = analysis.mistakes[rank];
    rows.push_back({{"frame", report.images[index].frame},
                    {"label", report.classes[static_cast<std::size_t>(report.images[index].label)]},
                    {"predicted", report.classes[analysis.predictions[index]]},
                    {"confidence", analysis.confidences[index]}});
  }
  return rows;
}

// A review is of hundreds, not of all.
constexpr std::size_t kListedLabelErrors = 1000;

Json label_error_rows(const ModelReport& report, const ReportAnalysis& analysis) {
  Json rows = Json::array();
  for (const LikelyLabelError& error : analysis.label_errors.errors) {
    if (rows.size() == kListedLabelErrors) break;
    rows.push_back({{"frame", report.images[error.item].frame},
                    {"label", report.classes[static_cast<std::size_t>(report.images[error.item].label)]},
                    {"likely", report.classes[error.likely]},
                    {"margin", error.margin}});
  }
  return rows;
}

std::string report_json(const ModelReport& report) {
  const ReportAnalysis analysis = analyse(report);
  Json json;
  json["model"] = report.model;
  json["data_set"] = report.data_set;
  json["data_digest"] = report.data_digest;
  json["images"] = report.images.size();
  json["skipped"] = report.skipped;
  json["metrics"] = metrics_json(analysis.metrics);
  json["accuracy_interval"] = {analysis.accuracy_interval.low, analysis.accuracy_interval.high};
  json["per_class"] = class_rows(report, analysis);
  json["reliability"] = reliability_rows(analysis);
  json["slices"] = slice_rows(analysis);
  json["mistakes"] = analysis.mistakes.size();
  json["most_confident_mistakes"] = mistake_rows(report, analysis);
  json["label_error_share"] = analysis.label_errors.error_share;
  json["likely_label_errors"] = label_error_rows(report, analysis);
  // File names are bytes: what is not UTF-8 becomes U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

class Report final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_, "Model to report on")->required();
    app.add_option("DATASET_CSV", score_.dataset_csv, "Snapshot of the images to score it on")->required();
    app.add_option("--out", out_, "File of the report [<name>.html beside the model]")->type_name("FILE");
    score_.declare(app);
    app.footer(
        "Writes one HTML file that needs no network: curves, confusion matrix, calibration, slices, mistakes.\n"
        "With --json the numbers go to standard output and no file is written.\n"
        "Example: animalctl report base_model data/test.csv");
  }

  int run(Context& context) override {
    const ScoreConfig config = score_.config({model_});
    const fs::path& model = config.models[0];
    if (score_.json) {
      context.print(report_json(gather_model_report(context, model, config)));
      return kExitDone;
    }
    const fs::path out =
        out_.empty() ? script_path(model).parent_path() / (model_name(model) + ".html") : fs::path(out_);
    write_model_report(context, model, config, out);
    context.print("Report written to " + out.string());
    return kExitDone;
  }

 private:
  ScoreOptions score_;
  std::string model_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> make_report() {
  return std::make_unique<Report>();
}

}  // namespace animalctl::cli
