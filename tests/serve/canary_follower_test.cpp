#include "serve/canary_follower.h"

#include <fmt/core.h>

#include <condition_variable>
#include <mutex>

#include "animalctl/base/file.h"
#include "serve/model_server.h"
#include "serve/prediction_service.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace serve;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;

// A prediction API over fake networks, its keeper, and a follower that the test steps.
struct Followed {
  explicit Followed(const std::vector<int>& loaded = {1}, const std::string& config = "") {
    server.settings.sink_folder = "";
    server.settings.canary_config = server.folder / "config" / "config.json";
    server.settings.default_workers = 1;
    if (!config.empty()) write(config);
    server.open();
    for (const int version : loaded) {
      store(version);
      RegisterRequest request;
      request.url = fmt::format("animal-{}.mar", version);
      request.initial_workers = 1;
      server.models->add(request);
    }
    api = make_prediction_api(server.settings, *server.service, nullptr);
    api->start();
    keeper = std::make_unique<VersionKeeper>(*server.models, server.settings, [this] { note_change(); });
    follower = std::make_unique<CanaryFollower>(
        CanaryFollowing{server.settings.canary_config, [this] { return api->config(); }, [this] { api->reload(); }},
        *keeper);
  }
  ~Followed() {
    follower->stop();
    keeper->close();
  }
  Followed(const Followed&) = delete;
  Followed& operator=(const Followed&) = delete;

  void store(int version) const {
    store_archive(server.settings.model_store, "animal", fmt::format("{}.0", version));
    std::filesystem::rename(server.settings.model_store / fmt::format("animal-{}.0", version),
                            server.settings.model_store / fmt::format("animal-{}.mar", version));
  }
  void write(const std::string& text) const { write_file_atomic(server.settings.canary_config, text); }
  void write(double traffic, int current, int previous) const {
    write(fmt::format(R"({{"traffic":{},"current_version":{},"previous_version":{}}})", traffic, current, previous));
  }

  void note_change() {
    const std::lock_guard lock(mutex);
    ++changes;
    changed.notify_all();
  }
  // Waits until the keeper has ended so many loads and unloads.
  bool wait_for(int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [&] { return changes >= count; });
  }
  CanaryConfig in_use() const { return *api->config(); }

  ModelServer server;
  std::unique_ptr<PredictionApi> api;
  std::unique_ptr<VersionKeeper> keeper;
  std::unique_ptr<CanaryFollower> follower;
  std::mutex mutex;
  std::condition_variable changed;
  int changes = 0;
};

}  // namespace

TEST_CASE("a changed canary config is in use after one look", "[serve]") {
  Followed followed({1, 2}, R"({"traffic":1,"current_version":1,"previous_version":1})");
  followed.follower->step();
  CHECK(followed.in_use().current_version == 1);
  followed.write(0.1, 2, 1);
  followed.follower->step();
  CHECK(followed.in_use() == CanaryConfig{0.1, 2, 1, false});
}

TEST_CASE("a version that the canary config names is loaded first, and those it no longer names are unloaded",
          "[serve]") {
  Followed followed({1}, R"({"traffic":1,"current_version":1,"previous_version":1})");
  followed.store(2);
  followed.write(0.1, 2, 1);
  followed.follower->step();
  CHECK(followed.in_use().current_version == 1);
  REQUIRE(followed.wait_for(1));
  followed.follower->step();
  CHECK(followed.in_use().current_version == 2);
  CHECK(followed.keeper->has(1));

  followed.write(1, 2, 2);
  followed.follower->step();
  CHECK(followed.in_use().previous_version == 2);
  REQUIRE(followed.wait_for(2));
  CHECK_FALSE(followed.keeper->has(1));
  CHECK(followed.server.models->default_version("animal") == "2.0");

  // And back again.
  followed.write(0, 2, 1);
  followed.follower->step();
  REQUIRE(followed.wait_for(3));
  followed.follower->step();
  CHECK(followed.in_use() == CanaryConfig{0, 2, 1, false});
}

TEST_CASE("versions that were registered from archives of other names stay when the canary config changes", "[serve]") {
  Followed followed({1, 2}, R"({"traffic":1,"current_version":1,"previous_version":1})");
  followed.server.add("animal", "7.0");
  followed.follower->step();
  followed.write(1, 2, 2);
  followed.follower->step();
  REQUIRE(followed.wait_for(1));
  CHECK_FALSE(followed.keeper->has(1));
  CHECK(followed.keeper->has(7));
}

TEST_CASE("a canary config that is wrong or has gone changes nothing", "[serve]") {
  Followed followed({1, 2}, R"({"traffic":0.5,"current_version":2,"previous_version":1})");
  followed.follower->step();
  const CanaryConfig before = followed.in_use();
  followed.write(R"({"traffic":0.5)");
  followed.follower->step();
  CHECK(followed.in_use() == before);
  followed.write(2, 2, 1);
  followed.follower->step();
  CHECK(followed.in_use() == before);
  std::filesystem::remove(followed.server.settings.canary_config);
  followed.follower->step();
  CHECK(followed.in_use() == before);
  followed.write(1, 2, 1);
  followed.follower->step();
  CHECK(followed.in_use().traffic == 1);
}

TEST_CASE("the canary config waits for an archive that comes later, and a torn one is not tried twice", "[serve]") {
  Followed followed({1}, R"({"traffic":1,"current_version":1,"previous_version":1})");
  followed.write(1, 3, 1);
  followed.follower->step();
  followed.follower->step();
  CHECK(followed.in_use().current_version == 1);

  followed.server.load_failure = "the network is torn";
  followed.store(3);
  followed.follower->step();
  REQUIRE(followed.wait_for(1));
  CHECK(followed.keeper->load(3) == VersionKeeper::Loading::Failed);
  followed.server.load_failure = "";
  std::filesystem::remove_all(followed.server.settings.model_store / "animal-3.mar");
  CHECK(followed.keeper->load(3) == VersionKeeper::Loading::NoArchive);
  followed.store(3);
  followed.follower->step();
  REQUIRE(followed.wait_for(2));
  followed.follower->step();
  CHECK(followed.in_use().current_version == 3);
}

TEST_CASE("an archive that holds another version than its name says is not what the canary config asks for",
          "[serve]") {
  Followed followed({1}, R"({"traffic":1,"current_version":1,"previous_version":1})");
  followed.store(5);
  std::filesystem::rename(followed.server.settings.model_store / "animal-5.mar",
                          followed.server.settings.model_store / "animal-4.mar");
  followed.write(1, 4, 1);
  followed.follower->step();
  REQUIRE(followed.wait_for(1));
  followed.follower->step();
  CHECK(followed.in_use().current_version == 1);
  CHECK(followed.keeper->load(4) == VersionKeeper::Loading::Failed);
}

TEST_CASE("without a canary config no version is loaded; the first one is followed by itself", "[serve]") {
  Followed followed(std::vector<int>{});
  followed.store(1);
  followed.follower->step();
  CHECK_FALSE(followed.api->ready());
  CHECK(followed.changes == 0);
  followed.follower->start(20ms);
  followed.write(1, 1, 1);
  REQUIRE(followed.wait_for(1));
  CHECK(followed.keeper->has(1));
  CHECK(followed.api->ready());
}

TEST_CASE("a follower hears of a rename at once and of a folder that is made later", "[serve]") {
  TemporaryFolder folder;
  FileEvents events(folder / "later" / "config.json");
  events.wait(1ms);  // the folder is not there: it is tried again at each wait
  write_file_atomic(folder / "later" / "config.json", "{}");
  events.wait(1ms);
  const auto before = file_identity(folder / "later" / "config.json");
  REQUIRE(before);
  const auto begin = std::chrono::steady_clock::now();
  write_file_atomic(folder / "later" / "config.json", "{ }");
  events.wait(30s);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(file_identity(folder / "later" / "config.json") != before);
  std::filesystem::remove_all(folder / "later");
  events.wait(10ms);
  events.wait(10ms);
  CHECK_FALSE(file_identity(folder / "later" / "config.json"));
  write_file_atomic(folder / "later" / "config.json", "{}");
  events.wake();
  events.wait(30s);
  CHECK(file_identity(folder / "later" / "config.json"));
}

}  // namespace animalctl::test
