#include "orchestrate/fake_steps.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/dataset/snapshot.h"

namespace animalctl::test {
namespace {

using nlohmann::json;

std::string value_of(const std::vector<std::string>& arguments, const std::string& flag) {
  const auto found = std::find(arguments.begin(), arguments.end(), flag);
  return found == arguments.end() || found + 1 == arguments.end() ? "" : *(found + 1);
}

}  // namespace

orchestrate::StepOutput FakeSteps::run(const orchestrate::StepCommand& command, const std::stop_token&) {
  const std::string& name = command.arguments.front();
  if (command.arguments.back() == "--print-config") return {0, "[" + name + "]\n" + settings};
  commands.push_back(name);
  last[name] = command.arguments;
  before(name);
  make_files(command);
  return {0, answer(name)};
}

void FakeSteps::make_files(const orchestrate::StepCommand& command) const {
  const std::vector<std::string>& arguments = command.arguments;
  if (arguments.front() == "dataset-split") {
    const std::string frames = value_of(arguments, "--frames-dir");
    const std::vector<std::string> names = {frames + "/a.png", frames + "/b.png", frames + "/c.png"};
    for (std::size_t i = 0; i < 3; ++i) write_snapshot(arguments[i + 1], std::span(names).subspan(i, 1));
  } else if (arguments.front() == "train") {
    const std::filesystem::path folder = value_of(arguments, "--model-dir");
    const std::string model = value_of(arguments, "--model-filename");
    write_file_atomic(folder / (model + ".pth"), "weights of " + model);
    const json report = {{"classes", {"CAT", "DOG"}},
                         {"settings", {{"arch", architecture}, {"seed", 0}}},
                         {"data", {{"train_images", 1}, {"val_images", 1}}},
                         {"best_val_accuracy", 1.0},
                         {"versions", {{"animalctl", "0"}}}};
    write_file_atomic(folder / (model + ".json"), report.dump());
  } else if (arguments.front() == "report" && !value_of(arguments, "--out").empty()) {
    write_file_atomic(value_of(arguments, "--out"), "<html>");
  } else if (arguments.front() == "archive") {
    write_file_atomic(
        std::filesystem::path(value_of(arguments, "--export-path")) / (value_of(arguments, "--model-name") + ".mar"),
        "archive " + value_of(arguments, "--version"));
  }
}

std::string FakeSteps::answer(const std::string& name) const {
  if (name == "dataset-check") return json{{"frames", 3}, {"errors", 0}}.dump();
  if (name == "evaluate") {
    return json{{"images", 1},
                {"base", {{"accuracy", 0.5}}},
                {"test", {{"accuracy", accuracy}}},
                {"mcnemar", {{"verdict", verdict}, {"p_value", 0.01}}}}
        .dump();
  }
  if (name == "validate") {
    return json{
        {"ready", ready},
        {"bounds",
         {{{"metric", "model_accuracy"}, {"bound", "min"}, {"value", accuracy}, {"limit", 0.5}, {"holds", ready}}}}}
        .dump();
  }
  if (name == "report") {
    return json{{"images", 100},
                {"metrics", {{"accuracy", accuracy}, {"loss", 0.3}, {"f1", 0.9}, {"ece", 0.05}}},
                {"accuracy_interval", {0.8, 0.95}},
                {"slices", json::array()}}
        .dump();
  }
  return "{}";
}

}  // namespace animalctl::test
