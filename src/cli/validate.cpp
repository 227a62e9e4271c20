#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "cli/exit_code.h"
#include "cli/score_options.h"

namespace animalctl::cli {
namespace {

// One bound that was asked for. The comparison is strict, as the seed's is.
struct Floor {
  const char* metric;  // as the seed prints it: model_accuracy
  const char* bound;   // min_accuracy_validation
  double value;
  double limit;
  bool at_least;  // true: value > limit is needed, false: value < limit

  bool holds() const { return at_least ? value > limit : value < limit; }
  std::string text() const {
    const char* relation = at_least ? (holds() ? ">" : "<=") : (holds() ? "<" : ">=");
    return fmt::format("{}={} {} {}={}", metric, python_float(value), relation, bound, python_float(limit));
  }
};

class Validate final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_, "Model to check")->required();
    app.add_option("DATASET_CSV", score_.dataset_csv, "Snapshot of the images to check it on")->required();
    min_accuracy_option_ = app.add_option("--min-accuracy-validation", min_accuracy_, "Accuracy must be above this")
                               ->type_name("X")
                               ->check(number_between(0, 1));
    max_loss_option_ = app.add_option("--max-loss-validation", max_loss_, "Cross-entropy loss must be below this")
                           ->type_name("X")
                           ->check(number_from(0));
    min_f1_option_ =
        app.add_option("--min-f1", min_f1_, "F1 must be above this")->type_name("X")->check(number_between(0, 1));
    score_.declare(app);
    app.footer(
        "At least one bound is needed; all that are given must hold. Exit code 0 when they do, 4 when not.\n"
        "Example: animalctl validate base_model data/test.csv --min-accuracy-validation 0.9 --max-loss-validation 0.3");
  }

  int run(Context& context) override {
    const bool any = min_accuracy_option_->count() + max_loss_option_->count() + min_f1_option_->count() > 0;
    if (!any) {
      throw Error(ErrorCode::InvalidArgument,
                  "no bound was given, so there is nothing to check; give --min-accuracy-validation, "
                  "--max-loss-validation or --min-f1");
    }
    const ScoreTable table =
        context.engine().score_dataset(score_.config({model_}), context.terminal(), context.stop());
    const ClassificationMetrics metrics = score_metrics(table.scores[0], table.models[0].classes.size(), table.labels);
    std::vector<Floor> floors;
    if (min_accuracy_option_->count() > 0) {
      floors.push_back({"model_accuracy", "min_accuracy_validation", metrics.accuracy, min_accuracy_, true});
    }
    if (max_loss_option_->count() > 0) {
      floors.push_back({"model_loss", "max_loss_validation", metrics.loss, max_loss_, false});
    }
    if (min_f1_option_->count() > 0) floors.push_back({"model_f1", "min_f1", metrics.f1, min_f1_, true});
    return report(context, table, metrics, floors);
  }

 private:
  int report(Context& context, const ScoreTable& table, const ClassificationMetrics& metrics,
             const std::vector<Floor>& floors) const {
    bool ready = true;
    for (const Floor& floor : floors) ready &= floor.holds();
    if (score_.json) {
      nlohmann::ordered_json json;
      json["ready"] = ready;
      json["images"] = table.labels.size();
      json["skipped"] = table.skipped;
      json["metrics"] = metrics_json(metrics);
      json["bounds"] = nlohmann::ordered_json::array();
      for (const Floor& floor : floors) {
        json["bounds"].push_back({{"metric", floor.metric},
                                  {"value", floor.value},
                                  {"bound", floor.bound},
                                  {"limit", floor.limit},
                                  {"holds", floor.holds()}});
      }
      context.print(json.dump(2));
    } else {
      // Ready: every bound is named. Not ready: the ones that do not hold.
      std::string reasons;
      for (const Floor& floor : floors) {
        if (ready || !floor.holds()) reasons += (reasons.empty() ? "" : ", ") + floor.text();
      }
      context.print(fmt::format("Model is {} for deployment: {}", ready ? "ready" : "not ready", reasons));
    }
    return ready ? kExitDone : kExitCheckSaidNo;
  }

  ScoreOptions score_;
  std::string model_;
  double min_accuracy_ = 0;
  double max_loss_ = 0;
  double min_f1_ = 0;
  CLI::Option* min_accuracy_option_ = nullptr;
  CLI::Option* max_loss_option_ = nullptr;
  CLI::Option* min_f1_option_ = nullptr;
};

}  // namespace

std::unique_ptr<Command> make_validate() {
  return std::make_unique<Validate>();
}

}  // namespace animalctl::cli
