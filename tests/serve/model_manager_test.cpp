#include "serve/model_manager.h"

#include <atomic>
#include <future>
#include <thread>

#include "animalctl/base/file.h"
#include "serve/model_server.h"
#include "serve/model_store.h"
#include "serve/snapshot.h"
#include "serve/startup.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace serve;  // NOLINT(google-build-using-namespace)

template <typename Action>
void require_model_error(ModelFailure failure, std::string_view part, Action&& action) {
  try {
    action();
  } catch (const ModelError& error) {
    INFO(error.what());
    CHECK(error.failure() == failure);
    CHECK(contains(error.what(), part));
    return;
  }
  FAIL("no ModelError was thrown; expected one that contains: " << std::string(part));
}

RegisterRequest request_for(const std::string& url) {
  RegisterRequest request;
  request.url = url;
  return request;
}

}  // namespace

TEST_CASE("the first registered version is the default; versions are listed by their numbers", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.10");
  server.add("animal", "1.9");
  CHECK(server.models->default_version("animal") == "1.10");
  CHECK(server.models->find("animal")->facts().version == "1.10");
  const auto versions = server.models->versions("animal");
  REQUIRE(versions.size() == 2);
  CHECK(versions[0]->facts().version == "1.9");
  server.models->set_default("animal", "1.9");
  CHECK(server.models->find("animal")->facts().version == "1.9");
  CHECK(server.models->healthy());
  server.models->set_ready(false);
  CHECK_FALSE(server.models->healthy());
}

TEST_CASE("what is not there, there already, or the default is refused and changes nothing", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  require_model_error(ModelFailure::ModelNotFound, "Model not found: x", [&] { server.models->find("x"); });
  require_model_error(ModelFailure::VersionNotFound, "Model version: 9 does not exist for model: animal",
                      [&] { server.models->find("animal", "9"); });
  require_model_error(ModelFailure::AlreadyRegistered, "Model version 1.0 is already registered for model animal",
                      [&] { server.models->add(request_for("animal-1.0")); });
  require_model_error(ModelFailure::ModelNotFound, "Model not found in model store: no.mar",
                      [&] { server.models->add(request_for("no.mar")); });
  server.add("animal", "2.0");
  require_model_error(ModelFailure::DefaultVersion, "Cannot remove default version for model animal",
                      [&] { server.models->remove("animal", "1.0"); });
  server.load_failure = "the network is torn";
  store_archive(server.settings.model_store, "animal", "3.0");
  require_model_error(ModelFailure::InvalidModel, "the network is torn",
                      [&] { server.models->add(request_for("animal-3.0")); });
  server.load_failure = "";
  CHECK(server.models->versions("animal").size() == 2);
  server.models->add(request_for("animal-3.0"));
  require_error(ErrorCode::InvalidArgument, "min_worker", [&] { server.models->scale("animal", "", 2, 1); });
  CHECK(server.models->versions("animal").size() == 3);
}

TEST_CASE("nothing outside the model store is opened, by name, address or link", "[serve]") {
  ModelServer server;
  store_archive(server.folder / "outside", "animal", "1.0");
  std::filesystem::create_directory_symlink(server.folder / "outside/animal-1.0", server.settings.model_store / "link");
  server.open();
  for (const std::string& url : {std::string("../outside/animal-1.0"), (server.folder / "outside/animal-1.0").string(),
                                 std::string("link"), "file://" + (server.folder / "outside/animal-1.0").string(),
                                 std::string("file://..%2Foutside"), std::string("."), std::string("")}) {
    INFO(url);
    require_model_error(ModelFailure::ModelNotFound, "Model not found in model store",
                        [&] { server.models->add(request_for(url)); });
  }
  store_archive(server.settings.model_store, "animal", "1.0");
  CHECK(server.models->store().list() == std::vector<std::string>{"animal-1.0", "link"});
  server.models->add(request_for("file://" + (server.settings.model_store / "animal-1.0").string()));
}

TEST_CASE("addresses are fetched only where they are allowed, and only as archives", "[serve]") {
  ModelServer server;
  server.settings.allowed_urls = {"http://127\\.0\\.0\\.1:1/.*"};
  server.open();
  const std::pair<const char*, const char*> cases[] = {
      {"http://example.org/a.mar", "does not match any allowed URL(s)"},
      {"HTTP://127.0.0.1:12/a.mar", "does not match any allowed URL(s)"},
      {"http://127.0.0.1:1/a.exe", "no archive's name"},
      {"http://127.0.0.1:1/..%2Fa.mar", "Failed to download archive"},
      {"http://127.0.0.1:1/a.mar", "Failed to download archive from: http://127.0.0.1:1/a.mar"},
  };
  for (const auto& [url, part] : cases) {
    INFO(url);
    require_model_error(ModelFailure::DownloadFailed, part, [&, name = url] { server.models->add(request_for(name)); });
  }
  write_file_atomic(server.settings.model_store / "b.mar", "here");
  require_model_error(ModelFailure::AlreadyRegistered, "Model file already exists b.mar",
                      [&] { server.models->add(request_for("http://127.0.0.1:1/b.mar")); });
}

TEST_CASE("archives that need Python are refused by their handler's name", "[serve]") {
  ModelServer server;
  server.open();
  store_archive(server.settings.model_store, "animal", "1.0", "my_handler.py");
  require_model_error(ModelFailure::InvalidModel, "The handler \"my_handler.py\" needs Python",
                      [&] { server.models->add(request_for("animal-1.0")); });
  RegisterRequest request = request_for("animal-1.0");
  request.handler = "image_classifier";
  request.model_name = "not a name";
  require_model_error(ModelFailure::InvalidModel, "not valid", [&] { server.models->add(request); });
  request.model_name = "other";
  request.runtime = "LSP";
  require_model_error(ModelFailure::InvalidModel, "runtime \"LSP\"", [&] { server.models->add(request); });
  request.runtime = "";
  CHECK(server.models->add(request)->facts().model == "other");
}

TEST_CASE("unregistering waits for the requests that hold the version, and they are answered", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  std::shared_ptr<ModelVersion> held = server.models->find("animal");
  auto removed = std::async(std::launch::async, [&] { server.models->remove("animal", ""); });
  while (!server.models->names().empty()) std::this_thread::yield();
  CHECK(held->predict(fake_picture(51), {}).scores.front() == Approx(0.2));
  CHECK(removed.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  held.reset();
  REQUIRE(removed.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  removed.get();
}

TEST_CASE("a version that requests do not let go of in time is gone all the same", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  const std::shared_ptr<ModelVersion> held = server.models->find("animal");
  require_error(ErrorCode::DeadlineExceeded, "Timed out while cleaning resources: animal",
                [&] { server.models->remove("animal", "", std::chrono::milliseconds(1)); });
  CHECK(server.models->names().empty());
  CHECK(held->predict(fake_picture(51), {}).scores.size() == 1);
}

TEST_CASE("the models can be listed while others come and go", "[serve]") {
  ModelServer server;
  server.open();
  server.add("steady", "1.0", 0);
  store_archive(server.settings.model_store, "animal", "1.0");
  std::atomic<bool> ended{false};
  std::atomic<int> wrong{0};
  std::jthread lister([&] {
    while (!ended) {
      const std::vector<std::string> names = server.models->names();
      if (names.empty() || names.size() > 2 || names.back() != "steady") ++wrong;
      for (const ModelManager::Entry& entry : server.models->entries()) {
        if (entry.version->facts().version != "1.0" || !entry.default_version) ++wrong;
      }
    }
  });
  for (int round = 0; round < 200; ++round) {
    server.models->add(request_for("animal-1.0"));
    server.models->remove("animal", "");
  }
  ended = true;
  lister.join();
  CHECK(wrong == 0);
}

TEST_CASE("versions come and go under load and no request is lost", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0", 2);
  store_archive(server.settings.model_store, "animal", "2.0");
  std::atomic<bool> stop{false};
  std::atomic<int> lost{0};
  std::atomic<int> answered{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stop.load()) {
        const bool good = server.infer({"POST", "/predictions/animal", {}, {}, "3"}).status == 200;
        ++(good ? answered : lost);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    RegisterRequest request = request_for("animal-2.0");
    request.initial_workers = 1;
    server.models->add(request);
    server.models->set_default("animal", "2.0");
    server.models->scale("animal", "2.0", 1 + i % 3, 3);
    server.models->set_default("animal", "1.0");
    server.models->remove("animal", "2.0");
  }
  stop = true;
  clients.clear();
  CHECK(lost.load() == 0);
  CHECK(answered.load() > 0);
}

TEST_CASE("a model that is not ready within its startup timeout is told as a failed start, and nothing of it stays",
          "[serve]") {
  ModelServer server;
  server.settings.version_defaults.startup_timeout = std::chrono::seconds(0);
  server.open();
  store_archive(server.settings.model_store, "animal", "1.0");
  const auto post = [&](std::vector<std::pair<std::string, std::string>> query) {
    query.emplace_back("url", "animal-1.0");
    query.emplace_back("initial_workers", "1");
    return server.manage({"POST", "/models", std::move(query)});
  };
  const auto require_nothing_registered = [&] {
    CHECK(server.models->names().empty());
    CHECK(json_of(server.manage({"GET", "/models"}))["models"].empty());
    require_failure(server.manage({"GET", "/models/animal"}), 404, "ModelNotFoundException", "Model not found: animal");
  };
  // The loading itself took too long.
  require_failure(post({}), 500, "InternalServerException",
                  "Failed to start workers for model animal version: 1.0; it was not ready within its startup timeout "
                  "of 0 s.");
  require_nothing_registered();

  // Its worker does not answer: the third run is the first that a worker makes, behind the two that warm up.
  std::atomic<int> runs{0};
  Clock::time_point limit;
  server.control->on_run = [&](std::size_t) {
    if (++runs == 1) limit = Clock::now() + std::chrono::seconds(1);
    while (runs == 3 && Clock::now() <= limit) std::this_thread::yield();
  };
  require_failure(post({{"startup_timeout", "1"}}), 500, "InternalServerException",
                  "it was not ready within its startup timeout of 1 s.");
  CHECK(runs == 3);
  require_nothing_registered();

  server.control->on_run = {};
  CHECK(post({{"startup_timeout", "60"}}).status == 200);
  CHECK(server.models->find("animal")->workers().size() == 1);
}

TEST_CASE("what is registered later is checked at once and there soon", "[serve]") {
  ModelServer server;
  server.open();
  store_archive(server.settings.model_store, "animal", "1.0");
  std::promise<void> changed;
  server.models->on_change([&] { changed.set_value(); });
  server.control->hold_runs();
  const VersionName name = server.models->add_later(request_for("animal-1.0"));
  CHECK(name.version == "1.0");
  require_model_error(ModelFailure::AlreadyRegistered, "already",
                      [&] { server.models->add(request_for("animal-1.0")); });
  require_model_error(ModelFailure::ModelNotFound, "animal", [&] { server.models->find("animal"); });
  server.control->let_all_go();
  REQUIRE(changed.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  server.models->on_change({});
  CHECK(server.models->find("animal")->facts().version == "1.0");
}

TEST_CASE("a snapshot restores what was registered, while the configuration asks for the same", "[serve]") {
  ModelServer server;
  server.settings.model_configs["animal"]["2.0"].batch_size = 4;
  server.open();
  server.add("animal", "1.0", 1);
  server.add("animal", "2.0", 2);
  server.models->set_default("animal", "2.0");
  SnapshotFolder snapshots(server.folder / "logs");
  const std::string asked = startup_digest(server.settings);
  const ConfigValues config = {{"model_store", {"x", "here"}}, {"load_models", {"all", "here"}}};
  snapshots.write("startup", config, asked, {});
  for (int i = 0; i < 40; ++i) snapshots.write("snapshot", config, asked, server.models->entries());
  const auto no_warning = [](const std::string& sentence) { FAIL(sentence); };
  const std::optional<SavedModels> saved = snapshots.last(no_warning);
  REQUIRE(saved);
  CHECK(saved->asked == asked);
  REQUIRE(saved->models.size() == 2);
  CHECK(saved->models[0].version == "2.0");
  CHECK(saved->models[0].default_version);
  CHECK(saved->models[0].config.batch_size == 4);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(server.folder / "logs")) ++files;
  CHECK(files == 32);

  ModelServer again;
  for (const char* version : {"1.0", "2.0"}) store_archive(again.settings.model_store, "animal", version);
  again.open();
  const StartupPlan plan = plan_startup(again.settings, again.models->store(), saved, asked);
  register_startup_models(*again.models, again.settings, plan, {});
  CHECK(again.models->default_version("animal") == "2.0");
  CHECK(again.models->find("animal", "2.0")->settings().min_workers == 2);
  CHECK(again.models->find("animal", "2.0")->facts().loaded_at_startup);
  CHECK(plan_startup(again.settings, again.models->store(), saved, "other").models.empty());
}

TEST_CASE("models of a snapshot that are gone are left out; those of the configuration end the program", "[serve]") {
  ModelServer server;
  server.open();
  StartupModel gone;
  gone.url = "gone.mar";
  register_startup_models(*server.models, server.settings, {{gone}, false, "snapshot"}, {});
  CHECK(server.models->names().empty());
  require_error(ErrorCode::NotFound, "gone.mar (from configuration) cannot be registered", [&] {
    register_startup_models(*server.models, server.settings, {{gone}, true, "configuration"}, {});
  });
  std::stop_source stop;
  stop.request_stop();
  require_error(ErrorCode::Cancelled, "stopped", [&] {
    register_startup_models(*server.models, server.settings, {{gone}, false, "snapshot"}, stop.get_token());
  });
}

TEST_CASE("a snapshot that cannot be read is a warning", "[serve]") {
  TemporaryFolder folder;
  write_file_atomic(folder / "20261125140359123-snapshot.cfg", "model_snapshot={\n");
  write_file_atomic(folder / "other.cfg", "x");
  std::string warning;
  CHECK_FALSE(SnapshotFolder(folder.path()).last([&](const std::string& sentence) { warning = sentence; }));
  CHECK(contains(warning, "not restored"));
}

}  // namespace animalctl::test
