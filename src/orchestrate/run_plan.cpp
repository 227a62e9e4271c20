#include "orchestrate/run_plan.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"

namespace animalctl::orchestrate {

std::string format_plan(const RunPlan& plan) {
  nlohmann::ordered_json json;
  json["trigger"] = plan.trigger;
  json["parent_architecture"] = plan.parent_architecture;
  json["parent_classes"] = plan.parent_classes;
  json["parent_model"] = plan.parent_model.string();
  json["labels_by_class"] = plan.by_class;
  if (!plan.canary.empty()) json["canary"] = nlohmann::ordered_json::parse(plan.canary);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

RunPlan parse_plan(std::string_view text, const std::string& run) {
  const std::string origin = "the detail of " + run;
  const nlohmann::json json = parse_json(text, origin);
  try {
    RunPlan plan;
    plan.trigger = json.at("trigger").get<std::string>();
    plan.parent_architecture = json.at("parent_architecture").get<std::string>();
    // A run that an older program began does not say.
    plan.parent_classes = json.value("parent_classes", std::vector<std::string>());
    plan.parent_model = json.at("parent_model").get<std::string>();
    plan.by_class = json.at("labels_by_class").get<std::vector<std::int64_t>>();
    if (json.contains("canary")) plan.canary = json.at("canary").dump();
    return plan;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::DataLoss, origin + " in the lake is garbled: " + error.what());
  }
}

}  // namespace animalctl::orchestrate
