#include "orchestrate/pipeline_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/snapshot.h"
#include "orchestrate/gates.h"
#include "orchestrate/golden_requests.h"
#include "orchestrate/split_step.h"
#include "orchestrate/warm_start.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

// The flags of commands that read frames and labels.
std::vector<std::string> with_data_flags(const StepTools& tools, std::vector<std::string> arguments) {
  const Places& places = tools.settings.places;
  for (const std::string& word :
       {std::string("--frames-dir"), places.frames_dir.string(), std::string("--annotations-dir"),
        places.annotations_dir.string(), std::string("--classes"), tools.class_list(), std::string("--threads"),
        std::to_string(tools.settings.threads)}) {
    arguments.push_back(word);
  }
  return arguments;
}

// Runs a command whose answer is JSON, keeps the text in `file` and returns it parsed.
nlohmann::json ask(const StepTools& tools, const char* step, std::vector<std::string> arguments, const fs::path& file) {
  arguments.emplace_back("--json");
  const StepOutput output =
      tools.runner.run({with_data_flags(tools, std::move(arguments)), tools.folder.log(step), {0, 4}}, tools.stop);
  write_file_atomic(file, output.text);
  return parse_json(output.text, fmt::format("the result of {}", step));
}

void save_gates(const fs::path& work, const std::vector<Gate>& gates) {
  write_file_atomic(work / "gates.json", format_gates(gates));
}

std::string test_csv(const StepTools& tools) {
  return (tools.folder.step("split") / "test.csv").string();
}

void check(const StepTools& tools, const fs::path& work) {
  const nlohmann::json result = ask(tools, "check", {"dataset-check"}, work / "check.json");
  save_gates(work, {judge_data(result, tools.settings.gates)});
}

void train(const StepTools& tools, const fs::path& work) {
  const fs::path split = tools.folder.step("split");
  std::vector<std::string> arguments = {"train",
                                        (split / "train.csv").string(),
                                        (split / "val.csv").string(),
                                        "--model-filename",
                                        tools.model_name(),
                                        "--model-dir",
                                        work.string(),
                                        "--no-html"};
  const std::vector<std::string> warm = warm_start_flags(tools);
  arguments.insert(arguments.end(), warm.begin(), warm.end());
  std::error_code ignored;
  if (fs::is_regular_file(work / (tools.model_name() + "_latest.pth"), ignored)) arguments.emplace_back("--resume");
  tools.runner.run({with_data_flags(tools, std::move(arguments)), tools.folder.log("train"), {0}}, tools.stop);
  const fs::path made = work / (tools.model_name() + ".pth");
  if (!fs::is_regular_file(made, ignored)) {
    throw Error(ErrorCode::DataLoss, fmt::format("train ended well but made no {}", made.string()));
  }
}

void evaluate(const StepTools& tools, const fs::path& work) {
  if (!tools.has_parent()) {
    save_gates(work, {{"champion", GateVerdict::Skipped, "there is no champion yet"}});
    return;
  }
  const nlohmann::json result =
      ask(tools, "evaluate",
          {"evaluate", tools.plan.parent_model.string(), tools.checkpoint().string(), test_csv(tools), "--rule",
           "mcnemar", "--alpha", fmt::format("{}", tools.settings.gates.alpha)},
          work / "evaluate.json");
  save_gates(work, {judge_comparison(result, tools.settings.gates)});
}

void validate(const StepTools& tools, const fs::path& work) {
  const GateSettings& gates = tools.settings.gates;
  std::vector<std::string> arguments = {"validate", tools.checkpoint().string(), test_csv(tools),
                                        "--min-accuracy-validation", fmt::format("{}", gates.min_accuracy)};
  if (gates.max_loss > 0) {
    arguments.insert(arguments.end(), {"--max-loss-validation", fmt::format("{}", gates.max_loss)});
  }
  if (gates.min_f1 > 0) arguments.insert(arguments.end(), {"--min-f1", fmt::format("{}", gates.min_f1)});
  const nlohmann::json result = ask(tools, "validate", std::move(arguments), work / "validate.json");
  save_gates(work, {judge_floors(result)});
}

void report(const StepTools& tools, const fs::path& work) {
  const nlohmann::json mine =
      ask(tools, "report", {"report", tools.checkpoint().string(), test_csv(tools)}, work / "report.json");
  std::vector<Gate> gates = {judge_calibration(mine, tools.settings.gates)};
  if (tools.has_parent()) {
    const nlohmann::json theirs =
        ask(tools, "report", {"report", tools.plan.parent_model.string(), test_csv(tools)}, work / "champion.json");
    gates.push_back(judge_slices(theirs, mine, tools.settings.gates.alpha));
  } else {
    gates.push_back({"slices", GateVerdict::Skipped, "there is no champion yet"});
  }
  const std::string page = (work / "report.html").string();
  tools.runner.run({with_data_flags(tools, {"report", tools.checkpoint().string(), test_csv(tools), "--out", page}),
                    tools.folder.log("report"),
                    {0}},
                   tools.stop);
  save_gates(work, gates);
}

void archive(const StepTools& tools, const fs::path& work) {
  const std::string version = fmt::format("{}.0", tools.run.version);
  const StepOutput output =
      tools.runner.run({{"archive", "--model-name", tools.run.model, "--version", version, "--serialized-file",
                         tools.checkpoint().string(), "--export-path", work.string(), "--json"},
                        tools.folder.log("archive"),
                        {0}},
                       tools.stop);
  write_file_atomic(work / "archive.json", output.text);
}

// Up to `most` rows of the test set, spread over all of it.
std::vector<fs::path> golden_images(const StepTools& tools, std::size_t most) {
  const std::vector<std::string> rows = read_snapshot(test_csv(tools));
  const std::size_t count = std::min(most, rows.size());
  std::vector<fs::path> images;
  for (std::size_t i = 0; i < count; ++i) images.emplace_back(rows[i * rows.size() / count]);
  return images;
}

void golden(const StepTools& tools, const fs::path& work) {
  GoldenQuestion question;
  question.archive = tools.folder.step("archive") / (tools.run.model + ".mar");
  question.model = tools.run.model;
  question.version = tools.run.version;
  question.images = golden_images(tools, static_cast<std::size_t>(tools.settings.gates.golden_requests));
  question.checkpoint = tools.checkpoint();
  question.log_file = tools.folder.log("golden");
  question.scratch = work / "server";
  question.tolerance = tools.settings.gates.golden_tolerance;
  save_gates(work, {ask_golden_requests(tools.runner, question, tools.stop)});
}

constexpr PipelineStep kPipelineSteps[] = {
    {"check", false, check},       {"split", false, split_data},  {"train", true, train},
    {"evaluate", false, evaluate}, {"validate", false, validate}, {"report", false, report},
    {"archive", false, archive},   {"golden", false, golden},
};

}  // namespace

std::string StepTools::model_name() const {
  return fmt::format("{}-{}", run.model, run.version);
}

std::string StepTools::class_list() const {
  return fmt::format("{}", fmt::join(settings.places.classes, ","));
}

fs::path StepTools::checkpoint() const {
  return folder.step("train") / (model_name() + ".pth");
}

std::span<const PipelineStep> pipeline_steps() {
  return kPipelineSteps;
}

}  // namespace animalctl::orchestrate
