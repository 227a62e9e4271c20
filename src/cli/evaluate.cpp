#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/text.h"
#include "animalctl/stats/comparison.h"
#include "cli/exit_code.h"
#include "cli/score_options.h"

namespace animalctl::cli {
namespace {

std::vector<std::uint8_t> correct(const ScoreTable& table, std::size_t model) {
  const std::size_t classes = table.models[model].classes.size();
  std::vector<std::uint8_t> right;
  right.reserve(table.labels.size());
  for (std::size_t i = 0; i < table.labels.size(); ++i) {
    right.push_back(predicted_class(table.scores[model], classes, i) == table.labels[i] ? 1 : 0);
  }
  return right;
}

ClassificationMetrics metrics_of(const ScoreTable& table, std::size_t model) {
  return score_metrics(table.scores[model], table.models[model].classes.size(), table.labels);
}

// What the chosen rule says of the test model.
struct Ruling {
  std::string word;  // better, worse, equal, inconclusive
  bool passes = false;
};

class Evaluate final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("BASE_MODEL", base_model_, "Model to compare with, usually the one in service")->required();
    app.add_option("TEST_MODEL", test_model_, "Model that may replace it")->required();
    app.add_option("DATASET_CSV", score_.dataset_csv, "Snapshot of the images to compare on")->required();
    app.add_option("--rule", rule_, "point: higher or equal accuracy passes; mcnemar: exact test, only better passes")
        ->check(one_of({"point", "mcnemar"}))
        ->capture_default_str();
    app.add_option("--alpha", alpha_, "Error rate of the exact test")
        ->type_name("X")
        ->check(number_between(1e-6, 0.5))
        ->capture_default_str();
    score_.declare(app);
    app.footer(
        "Exit code 0 when the test model passes, 4 when it does not. With --rule mcnemar only \"better\" passes.\n"
        "Example: animalctl evaluate champion challenger data/test.csv --rule mcnemar");
  }

  int run(Context& context) override {
    const ScoreTable table =
        context.engine().score_dataset(score_.config({base_model_, test_model_}), context.terminal(), context.stop());
    const ClassificationMetrics base = metrics_of(table, 0);
    const ClassificationMetrics test = metrics_of(table, 1);
    const Comparison comparison = compare_paired(correct(table, 0), correct(table, 1), alpha_);
    const Ruling ruling = rule(base, test, comparison);
    if (score_.json) {
      print_json(context, table, base, test, comparison, ruling);
    } else {
      print_table(context, base, test, comparison, ruling);
    }
    return ruling.passes ? kExitDone : kExitCheckSaidNo;
  }

 private:
  Ruling rule(const ClassificationMetrics& base, const ClassificationMetrics& test,
              const Comparison& comparison) const {
    if (rule_ == "mcnemar") return {std::string(to_string(comparison.verdict)), comparison.verdict == Verdict::Better};
    if (test.accuracy > base.accuracy) return {"better", true};
    return test.accuracy < base.accuracy ? Ruling{"worse", false} : Ruling{"equal", true};
  }

  void print_table(Context& context, const ClassificationMetrics& base, const ClassificationMetrics& test,
                   const Comparison& comparison, const Ruling& ruling) const {
    context.print(fmt::format("{:<12} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7}   ({} images)", "", "accuracy", "loss", "auc",
                              "f1", "brier", "ece", base.count));
    context.print(fmt::format("{:<12} {}", "base", metrics_line(base)));
    context.print(fmt::format("{:<12} {}", "test", metrics_line(test)));
    context.print(fmt::format("Exact McNemar: only base right {}, only test right {}, p = {:.4g}",
                              comparison.only_base_correct, comparison.only_test_correct, comparison.p_value));
    if (comparison.smallest_detectable_difference) {
      context.print(fmt::format("Smallest accuracy difference this set can show at alpha {}: {:.4f}", alpha_,
                                *comparison.smallest_detectable_difference));
    } else {
      context.print(fmt::format("This set is too small to show any difference at alpha {}", alpha_));
    }
    const std::string relation = ruling.word == "equal" ? "equal to" : ruling.word + " than";
    const std::string verdict = ruling.word == "inconclusive"
                                    ? "Comparison of test model with base model is inconclusive"
                                    : fmt::format("Test model is {} base model", relation);
    context.print(fmt::format("{}: base_model_accuracy={} -> test_model_accuracy={}", verdict,
                              python_float(base.accuracy), python_float(test.accuracy)));
  }

  void print_json(Context& context, const ScoreTable& table, const ClassificationMetrics& base,
                  const ClassificationMetrics& test, const Comparison& comparison, const Ruling& ruling) const {
    nlohmann::ordered_json json;
    json["verdict"] = ruling.word;
    json["passes"] = ruling.passes;
    json["rule"] = rule_;
    json["images"] = table.labels.size();
    json["skipped"] = table.skipped;
    json["base"] = metrics_json(base);
    json["test"] = metrics_json(test);
    nlohmann::ordered_json paired;
    paired["only_base_correct"] = comparison.only_base_correct;
    paired["only_test_correct"] = comparison.only_test_correct;
    paired["p_value"] = comparison.p_value;
    paired["mid_p_value"] = comparison.mid_p_value;
    paired["alpha"] = alpha_;
    paired["verdict"] = to_string(comparison.verdict);
    const auto& smallest = comparison.smallest_detectable_difference;
    paired["smallest_detectable_difference"] = smallest ? nlohmann::ordered_json(*smallest) : nlohmann::ordered_json();
    json["mcnemar"] = paired;
    context.print(json.dump(2));
  }

  ScoreOptions score_;
  std::string base_model_;
  std::string test_model_;
  std::string rule_ = "point";
  double alpha_ = 0.05;
};

}  // namespace

std::unique_ptr<Command> make_evaluate() {
  return std::make_unique<Evaluate>();
}

}  // namespace animalctl::cli
