#include "console/console_api.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/lake/predictions.h"
#include "animalctl/registry/registry.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::console {
namespace {

using Json = nlohmann::json;
using test::contains;
using test::require_error;
using test::TemporaryFolder;

// A workspace with what the orchestrator and `serve` leave behind.
class Workspace {
 public:
  Workspace() {
    settings.database = "sqlite:" + (folder / "lake.db").string();
    settings.registry_dir = folder / "registry";
    settings.model_store = folder / "model_store";
    settings.canary_config = folder / "config/config.json";
    settings.runs_dir = folder / "runs";
    settings.log_dir = folder / "logs";
    database = lake::Database::open(settings.database);
    records = std::make_unique<lake::RunRecords>(*database);
  }

  ConsoleApi api() const {
    return {settings, [](const http::Request& request) { return request.header("X-Annotator").value_or(""); }};
  }

  // "run-000001", which has passed its gates and is a canary.
  void add_run() const {
    lake::RunRow run;
    run.id = "run-000001";
    run.started_ms = 1'795'662'000'000;
    run.state = "canary";
    run.model = "animal";
    run.version = 2;
    run.parent = 1;
    run.labels = 300;
    run.reason = "40 new labels";
    records->begin_run(run);
    records->set_run_state(run.id, "canary", run.reason, std::nullopt);
    records->put_step({run.id, "split", "done", 1, run.started_ms, run.started_ms + 500, 0, R"({"failures":0})"});
    records->put_step({run.id, "train", "failed", 2, run.started_ms + 500, run.started_ms + 2000, 1,
                       R"({"failures":2,"reason":"out of memory"})"});
    records->decide({0, run.started_ms + 1, run.id, "gate", "pass", "accuracy 0.9", R"({"name":"floors"})"});
    records->decide({0, run.started_ms + 2, run.id, "canary", "yes", "begins", R"({"name":"begin"})"});
    write_file_atomic(settings.log_dir / run.id / "train.log", std::string_view("epoch 1\nepoch 2\n"));
    write_file_atomic(settings.runs_dir / run.id / "train/model.json", std::string_view(R"({"format":1,"epochs":[
      {"epoch":0,"train_loss":0.7,"val_loss":0.6,"val_accuracy":0.5,"learning_rate":0.1,"images_per_second":9,"best":true},
      {"epoch":1,"train_loss":0.6,"val_loss":null,"val_accuracy":null,"learning_rate":0.1,"images_per_second":9,"best":false}]})"));
  }

  void add_versions(int count) const {
    registry::ModelRegistry models(settings.registry_dir, "animal");
    write_file_atomic(folder / "m.pth", std::string_view("weights"));
    write_file_atomic(folder / "m.mar", std::string_view("archive"));
    const std::vector<registry::VersionSource> files = {{"checkpoint", folder / "m.pth"},
                                                        {"archive", folder / "m.mar"}};
    for (int i = 0; i < count; ++i) {
      registry::VersionRecord record;
      record.architecture = "smallcnn";
      record.metrics = {{"test_accuracy", 0.9, 0.85, 0.94}};
      record.gates = {{"floors", "pass", "0.9 is above 0.5"}};
      record.trigger = "by hand";
      models.register_version(record, files, std::chrono::system_clock::now(), "test");
    }
  }

  TemporaryFolder folder;
  ConsoleSettings settings;
  std::unique_ptr<lake::Database> database;
  std::unique_ptr<lake::RunRecords> records;
};

http::Request with(std::map<std::string, std::string, std::less<>> parameters, const Json& body = nullptr) {
  http::Request request;
  request.parameters = std::move(parameters);
  if (!body.is_null()) request.body = body.dump();
  request.headers = {{"X-Annotator", "anna"}};
  return request;
}

Json said(const http::Response& response) {
  CHECK(response.status == 200);
  return Json::parse(response.body);
}

TEST_CASE("An empty workspace has empty answers") {
  const Workspace workspace;
  const ConsoleApi api = workspace.api();
  CHECK(said(api.runs(with({}))) ==
        Json({{"runs", Json::array()}, {"decisions", Json::array()}, {"run_requested", nullptr}}));
  CHECK(said(api.models(with({})))["models"].empty());
  const Json canary = said(api.canary(with({})));
  CHECK(canary["run"].is_null());
  CHECK(canary["config"].is_null());
  CHECK(canary["problem"].is_null());
  CHECK(canary["versions"].empty());
  CHECK(said(api.drift(with({})))["model"] == "");
  require_error(ErrorCode::NotFound, "no run run-000001", [&] { (void)api.run(with({{"run", "run-000001"}})); });
  require_error(ErrorCode::NotFound, "no model animal", [&] {
    (void)api.version(with({{"model", "animal"}, {"version", "1"}}));
  });
}

TEST_CASE("A run is told with its steps, gates, curves and logs") {
  const Workspace workspace;
  workspace.add_run();
  const ConsoleApi api = workspace.api();
  const Json list = said(api.runs(with({})));
  REQUIRE(list["runs"].size() == 1);
  CHECK(list["runs"][0]["id"] == "run-000001");
  CHECK(list["runs"][0]["started_at"] == "2026-11-26T03:00:00.000Z");
  CHECK(list["runs"][0]["seconds"].is_null());
  CHECK(list["decisions"].size() == 2);

  const Json run = said(api.run(with({{"run", "run-000001"}})));
  REQUIRE(run["steps"].size() == 2);
  CHECK(run["steps"][0]["step"] == "split");
  CHECK(run["steps"][0]["seconds"] == 0.5);
  CHECK(run["steps"][1]["reason"] == "out of memory");
  CHECK(
      run["gates"] ==
      Json::array(
          {{{"name", "floors"}, {"verdict", "pass"}, {"reason", "accuracy 0.9"}, {"at", "2026-11-26T03:00:00.001Z"}}}));
  REQUIRE(run["curves"]["epochs"].size() == 2);
  CHECK(run["curves"]["epochs"][0]["val_accuracy"] == 0.5);
  CHECK(run["curves"]["epochs"][1]["val_loss"].is_null());
  CHECK(run["logs"] == Json::array({{{"step", "train"}, {"bytes", 16}}}));
}

TEST_CASE("A limit of runs is a whole number in its range") {
  const Workspace workspace;
  const ConsoleApi api = workspace.api();
  for (const char* limit : {"0", "-1", "1001", "ten", "", "5x"}) {
    http::Request request = with({});
    request.query = {{"limit", limit}};
    require_error(ErrorCode::InvalidArgument, "limit=", [&] { (void)api.runs(request); });
  }
}

TEST_CASE("A step's log is told as JSON or as events, from where the reader was") {
  const Workspace workspace;
  workspace.add_run();
  const ConsoleApi api = workspace.api();
  http::Request request = with({{"run", "run-000001"}, {"step", "train"}});
  CHECK(said(api.run_log(request)) == Json({{"text", "epoch 1\nepoch 2\n"}, {"next", 16}, {"complete", true}}));
  request.query = {{"after", "8"}};
  CHECK(said(api.run_log(request))["text"] == "epoch 2\n");
  request.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", "8"}};
  const http::Response events = api.run_log(request);
  CHECK(events.content_type == "text/event-stream");
  CHECK(contains(events.body, "event: log\nid: 16\ndata: \"epoch 2\\n\"\n\n"));
  CHECK(contains(events.body, "event: end\n"));
  request.headers = {{"Last-Event-ID", "8x"}};
  require_error(ErrorCode::InvalidArgument, "place in the log", [&] { (void)api.run_log(request); });
}

TEST_CASE("No name of a run or step leads out of the folder of logs") {
  const Workspace workspace;
  workspace.add_run();
  write_file_atomic(workspace.folder / "secret.log", std::string_view("secret"));
  const ConsoleApi api = workspace.api();
  for (const auto& [run, step] : std::vector<std::pair<std::string, std::string>>{
           {"..", "secret"}, {"run-000001", "../../secret"}, {"", "secret"}, {"run-000009", "train"}, {".", "x"}}) {
    require_error(ErrorCode::NotFound, "no log", [&, r = run, s = step] {
      (void)api.run_log(with({{"run", r}, {"step", s}}));
    });
  }
  require_error(ErrorCode::NotFound, "no run", [&] { (void)api.run(with({{"run", "../x"}})); });
}

TEST_CASE("A version is promoted by hand with a reason, and serve's file follows") {
  const Workspace workspace;
  workspace.add_versions(2);
  const ConsoleApi api = workspace.api();
  const auto parameters = std::map<std::string, std::string, std::less<>>{{"model", "animal"}};
  CHECK(said(api.promote(with(parameters, {{"version", 1}, {"reason", "the first"}})))["champion"] == 1);
  CHECK(said(api.promote(with(parameters, {{"version", 2}, {"reason", " sees more dogs "}})))["champion"] == 2);
  const Json config = Json::parse(read_text_file(workspace.settings.canary_config));
  CHECK(config["current_version"] == 2);
  CHECK(config["previous_version"] == 2);
  CHECK(read_text_file(workspace.settings.model_store / "animal-2.mar") == "archive");

  const Json model = said(api.models(with({})))["models"][0];
  CHECK(model["aliases"] == Json({{"champion", 2}, {"challenger", nullptr}, {"previous", 1}}));
  CHECK(model["versions"][0]["version"] == 2);
  CHECK(model["versions"][0]["metrics"][0]["high"] == 0.94);
  CHECK(model["history"][0]["action"] == "promote");
  CHECK(model["history"][0]["reason"] == "sees more dogs");
  CHECK(model["history"][0]["by"] == "anna");
  CHECK(model["history"][0]["champion_before"] == 1);

  CHECK(said(api.roll_back(with(parameters, {{"reason", "it was slower"}})))["champion"] == 1);
  CHECK(Json::parse(read_text_file(workspace.settings.canary_config))["current_version"] == 1);
  const Json version = said(api.version(with({{"model", "animal"}, {"version", "2"}})));
  CHECK(version["summary"]["architecture"] == "smallcnn");
  CHECK(version["record"]["version"] == 2);
  CHECK(contains(version["card"].get<std::string>(), "animal"));
}

TEST_CASE("A promotion that was cut off before serve's file was written is finished by the same call") {
  const Workspace workspace;
  workspace.add_versions(1);
  registry::ModelRegistry(workspace.settings.registry_dir, "animal")
      .promote(1, "cut off", "anna", std::chrono::system_clock::now());
  CHECK_FALSE(std::filesystem::exists(workspace.settings.canary_config));
  const ConsoleApi api = workspace.api();
  (void)api.promote(with({{"model", "animal"}}, {{"version", 1}, {"reason", "again"}}));
  CHECK(std::filesystem::exists(workspace.settings.canary_config));
  CHECK(said(api.models(with({})))["models"][0]["history"].size() == 2);
}

TEST_CASE("What is wrong with an order is said, and nothing is done") {
  const Workspace workspace;
  workspace.add_versions(1);
  const ConsoleApi api = workspace.api();
  const auto promote = [&](const std::string& model, const std::string& body) {
    return [&api, model, body] {
      http::Request request = with({{"model", model}});
      request.body = body;
      (void)api.promote(request);
    };
  };
  require_error(ErrorCode::InvalidArgument, "a reason is needed", promote("animal", R"({"version":1,"reason":"  "})"));
  require_error(ErrorCode::InvalidArgument, "\"reason\" is missing", promote("animal", R"({"version":1})"));
  require_error(ErrorCode::InvalidArgument, "\"version\" is missing",
                promote("animal", R"({"version":"1","reason":"x"})"));
  require_error(ErrorCode::InvalidArgument, "\"version\"",
                promote("animal", R"({"version":99999999999,"reason":"x"})"));
  require_error(ErrorCode::InvalidArgument, "no JSON object", promote("animal", "[]"));
  require_error(ErrorCode::InvalidArgument, "not JSON", promote("animal", "{"));
  require_error(ErrorCode::InvalidArgument, "at most 1000",
                promote("animal", Json({{"version", 1}, {"reason", std::string(1001, 'x')}}).dump()));
  require_error(ErrorCode::NotFound, "no version 7", promote("animal", R"({"version":7,"reason":"x"})"));
  require_error(ErrorCode::NotFound, "no model", promote("../animal", R"({"version":1,"reason":"x"})"));
  require_error(ErrorCode::FailedPrecondition, "", [&] {
    (void)api.roll_back(with({{"model", "animal"}}, {{"reason", "x"}}));
  });
  CHECK_FALSE(std::filesystem::exists(workspace.settings.canary_config));
}

TEST_CASE("The canary is told: shares, answers, verdicts, and that it is to stop") {
  const Workspace workspace;
  workspace.add_run();
  write_file_atomic(workspace.settings.canary_config,
                    std::string_view(R"({"traffic":0.1,"current_version":2,"previous_version":1,"shadow":true})"));
  lake::Predictions predictions(*workspace.database);
  std::vector<lake::PredictionRow> rows;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  for (int i = 0; i < 10; ++i) {
    lake::PredictionRow row;
    row.request_id = "request-" + std::to_string(i);
    row.role = i < 2 ? "current" : "previous";
    row.version = i < 2 ? 2 : 1;
    row.model = "animal";
    row.image = std::string(64, 'a');
    row.label = "CAT";
    row.at_ms = now.count() - 1000;
    row.confidence = 0.75;
    row.total_ms = 4;
    rows.push_back(row);
    row.role = "shadow";
    row.version = 3 - row.version;
    rows.push_back(row);
  }
  predictions.insert(rows);
  const ConsoleApi api = workspace.api();
  const Json canary = said(api.canary(with({})));
  CHECK(canary["run"]["id"] == "run-000001");
  CHECK(canary["config"] ==
        Json({{"traffic", 0.1}, {"current_version", 2}, {"previous_version", 1}, {"shadow", true}}));
  std::map<std::string, int> counts;
  for (const Json& row : canary["versions"]) {
    counts[row["role"].get<std::string>() + " " + std::to_string(row["version"].get<int>())] =
        row["answers"].get<int>();
  }
  CHECK(counts == std::map<std::string, int>{{"current 2", 2}, {"previous 1", 8}, {"shadow 1", 2}, {"shadow 2", 8}});
  REQUIRE(canary["timeline"]["buckets"].size() == 1);
  CHECK(canary["timeline"]["buckets"][0]["answers"] == Json({{"1", 8}, {"2", 2}}));
  CHECK(canary["decisions"].size() == 1);
  CHECK(canary["stop_requested"].is_null());

  (void)api.ask(with({}, {{"request", "stop-canary"}, {"reason", "it sees no cats"}}));
  CHECK(said(api.canary(with({})))["stop_requested"] == "it sees no cats");
  const lake::DecisionRow request = workspace.records->newest_decisions("", 1).at(0);
  CHECK(request.kind == "request");
  CHECK(request.verdict == "stop-canary");
  CHECK(Json::parse(request.detail)["by"] == "anna");
  workspace.records->decide(
      {0, now.count(), "", "answer", "stop-canary", "stopped", Json({{"request", request.id}}).dump()});
  CHECK(said(api.canary(with({})))["stop_requested"].is_null());
}

TEST_CASE("A garbled canary config is shown as a problem") {
  const Workspace workspace;
  const ConsoleApi api = workspace.api();
  for (const char* text : {"{", "{}", R"({"traffic":"much","current_version":1,"previous_version":1})"}) {
    write_file_atomic(workspace.settings.canary_config, std::string_view(text));
    const Json canary = said(api.canary(with({})));
    CHECK(canary["config"].is_null());
    CHECK(contains(canary["problem"].get<std::string>(), "config.json"));
  }
}

TEST_CASE("The orchestrator is asked for what it knows, with a reason") {
  const Workspace workspace;
  const ConsoleApi api = workspace.api();
  (void)api.ask(with({}, {{"request", "run-now"}, {"reason", "new camera"}}));
  CHECK(said(api.runs(with({})))["run_requested"] == "new camera");
  require_error(ErrorCode::InvalidArgument, "is no request", [&] {
    (void)api.ask(with({}, {{"request", "format"}, {"reason", "x"}}));
  });
  require_error(ErrorCode::InvalidArgument, "a reason is needed", [&] {
    (void)api.ask(with({}, {{"request", "run-now"}, {"reason", ""}}));
  });
  CHECK(workspace.records->newest_decisions("", 10).size() == 1);
}

}  // namespace
}  // namespace animalctl::console
