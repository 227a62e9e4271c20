#include "console/run_view.h"

#include <algorithm>
#include <cmath>
#include <system_error>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/report/run_record.h"
#include "console/answers.h"

namespace animalctl::console {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostDecisionsOfRun = 500;

Json optional_number(const std::optional<std::int64_t>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

// The training record: the one JSON file of the step "train" that is such a record.
std::optional<RunRecord> find_training_record(const fs::path& folder) {
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (entry->path().extension() != ".json") continue;
    try {
      RunRecord record = read_run_record(entry->path());
      if (!record.epochs.empty()) return record;
    } catch (const Error& error) {
      log::debug("a file is no training record", {{"file", entry->path().string()}, {"reason", error.what()}});
    }
  }
  return std::nullopt;
}

Json gates_json(const std::vector<lake::DecisionRow>& decisions) {
  Json gates = Json::array();
  // Oldest first: the order in which they were judged.
  for (auto row = decisions.rbegin(); row != decisions.rend(); ++row) {
    if (row->kind != "gate") continue;
    const Json detail = object_or_null(row->detail);
    const std::string name = detail.is_object() ? detail.value("name", "") : "";
    gates.push_back(
        {{"name", name}, {"verdict", row->verdict}, {"reason", row->reason}, {"at", time_json(row->at_ms)}});
  }
  return gates;
}

Json logs_json(const ConsoleSettings& settings, const std::string& run) {
  std::vector<std::pair<fs::file_time_type, Json>> found;
  std::error_code failed;
  for (fs::directory_iterator entry(settings.log_dir / run, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string step = entry->path().stem().string();
    std::error_code ignored;
    if (entry->path().extension() != ".log" || !is_plain_name(step)) continue;
    found.emplace_back(entry->last_write_time(ignored), Json{{"step", step}, {"bytes", entry->file_size(ignored)}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json logs = Json::array();
  for (auto& [time, log] : found) logs.push_back(std::move(log));
  return logs;
}

}  // namespace

bool is_plain_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '_';
  });
}

fs::path step_log(const ConsoleSettings& settings, const std::string& run, const std::string& step) {
  return settings.log_dir / run / (step + ".log");
}

Json run_json(const lake::RunRow& run) {
  return {{"id", run.id},
          {"state", run.state},
          {"model", run.model},
          {"version", run.version},
          {"parent", optional_number(run.parent)},
          {"labels", run.labels},
          {"data_digest", run.data_digest},
          {"reason", run.reason},
          {"started_at", time_json(run.started_ms)},
          {"finished_at", time_json(run.finished_ms)},
          {"seconds", run.finished_ms ? Json(static_cast<double>(*run.finished_ms - run.started_ms) / 1000) : Json()}};
}

Json step_json(const lake::StepRow& step) {
  const Json detail = object_or_null(step.detail);
  const bool spent = step.started_ms && step.finished_ms;
  return {{"step", step.step},
          {"state", step.state},
          {"attempts", step.attempts},
          {"started_at", time_json(step.started_ms)},
          {"finished_at", time_json(step.finished_ms)},
          {"seconds", spent ? Json(static_cast<double>(*step.finished_ms - *step.started_ms) / 1000) : Json()},
          {"exit_code", optional_number(step.exit_code)},
          {"reason", detail.is_object() ? detail.value("reason", "") : step.detail}};
}

Json decision_json(const lake::DecisionRow& decision) {
  return {{"id", decision.id},
          {"at", time_json(decision.at_ms)},
          {"run", decision.run},
          {"kind", decision.kind},
          {"verdict", decision.verdict},
          {"reason", decision.reason},
          {"detail", object_or_null(decision.detail)}};
}

Json curves_json(const ConsoleSettings& settings, const std::string& run) {
  // A step that works writes beside its place; what it has learnt so far is worth seeing too.
  for (const char* folder : {"train", ".tmp-train"}) {
    const std::optional<RunRecord> record = find_training_record(settings.runs_dir / run / folder);
    if (!record) continue;
    Json curves = {{"epochs", Json::array()}};
    for (const ReportEpoch& epoch : record->epochs) {
      curves["epochs"].push_back({{"epoch", epoch.epoch},
                                  {"train_loss", finite_or_null(epoch.train_loss)},
                                  {"val_loss", finite_or_null(epoch.val_loss)},
                                  {"val_accuracy", finite_or_null(epoch.val_accuracy)},
                                  {"learning_rate", finite_or_null(epoch.learning_rate)},
                                  {"best", epoch.best}});
    }
    return curves;
  }
  return nullptr;
}

Json run_detail_json(const ConsoleSettings& settings, lake::RunRecords& records, const lake::RunRow& run) {
  const std::vector<lake::DecisionRow> decisions = records.newest_decisions(run.id, kMostDecisionsOfRun);
  Json steps = Json::array();
  std::vector<lake::StepRow> rows = records.steps(run.id);
  std::stable_sort(rows.begin(), rows.end(), [](const lake::StepRow& a, const lake::StepRow& b) {
    return a.started_ms.value_or(INT64_MAX) < b.started_ms.value_or(INT64_MAX);
  });
  for (const lake::StepRow& row : rows) steps.push_back(step_json(row));
  Json told = Json::array();
  for (const lake::DecisionRow& row : decisions) told.push_back(decision_json(row));
  return {{"run", run_json(run)},
          {"steps", steps},
          {"gates", gates_json(decisions)},
          {"decisions", told},
          {"curves", curves_json(settings, run.id)},
          {"logs", logs_json(settings, run.id)}};
}

}  // namespace animalctl::console
