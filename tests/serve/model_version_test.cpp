#include "serve/model_version.h"

#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/catch_compat.h"
#include "support/fake_serving_model.h"

namespace animalctl::serve {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;

VersionFacts animal_facts() {
  VersionFacts facts;
  facts.model = "animal";
  facts.version = "1.0";
  return facts;
}

// A version over a fake model, both in the test's hands. Many places at the gate: a test may hold decodings.
struct VersionFixture {
  explicit VersionFixture(VersionSettings settings = {}, test::FakeServingModel::Options options = {})
      : version(animal_facts(), std::make_unique<test::FakeServingModel>(control, std::move(options)), settings,
                {{"arch", "animalnet"}}, std::make_shared<batching::CoreGate>(16)) {}

  std::future<Prediction> ask(int value, RequestLimits limits = {}) {
    return std::async(std::launch::async,
                      [this, value, limits] { return version.predict(test::fake_picture(value), limits); });
  }
  void wait_until_queued(std::size_t count) {
    const Clock::time_point end = Clock::now() + kPatience;
    while ((version.queued() < count || version.preparing() > 0) && Clock::now() < end) std::this_thread::yield();
    REQUIRE(version.queued() == count);
    REQUIRE(version.preparing() == 0);
  }

  std::shared_ptr<test::FakeModelControl> control = std::make_shared<test::FakeModelControl>();
  ModelVersion version;
};

VersionSettings batches_of(int size, std::size_t queue = 100) {
  VersionSettings settings;
  settings.batch_size = size;
  settings.job_queue_size = queue;
  return settings;
}

std::vector<std::span<const std::byte>> spans_of(const std::vector<std::vector<std::byte>>& pictures) {
  return {pictures.begin(), pictures.end()};
}

std::vector<std::byte> text_picture(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a picture is answered with its score, size and batch", "[serve][model_version]") {
  VersionFixture fixture;
  test::require_error(ErrorCode::Unavailable, "Model \"animal\" has no worker to serve inference request. Please use",
                      [&] { fixture.version.predict(test::fake_picture(51), {}); });
  CHECK(fixture.version.would_refuse());
  fixture.version.scale(1, 1);
  CHECK_FALSE(fixture.version.would_refuse());
  const Prediction prediction = fixture.version.predict(test::fake_picture(51), {});
  REQUIRE(prediction.scores.size() == 1);
  CHECK(prediction.scores[0] == 0.2F);
  CHECK(prediction.picture.width == 2);
  CHECK(prediction.picture.height == 1);
  CHECK(prediction.batch == 1);
  CHECK(prediction.decode >= 0ns);
  CHECK(prediction.queued >= 0ns);
  CHECK(prediction.inference > 0ns);
  CHECK(fixture.version.facts().model == "animal");
  CHECK(fixture.version.metadata().at("arch") == "animalnet");
  CHECK(fixture.version.model().plan() == "fake");
}

TEST_CASE("requests that wait for a worker are run together and each gets its own answer", "[serve][model_version]") {
  VersionFixture fixture(batches_of(4));
  fixture.version.scale(1, 1);
  fixture.control->hold_runs();
  auto first = fixture.ask(1);
  REQUIRE(fixture.control->wait_for_runs(1));
  std::vector<std::future<Prediction>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(fixture.ask(100 + i));
    fixture.wait_until_queued(static_cast<std::size_t>(i) + 1);
  }
  fixture.control->let_all_go();
  CHECK(first.get().batch == 1);
  for (int i = 0; i < 4; ++i) {
    const Prediction prediction = others[static_cast<std::size_t>(i)].get();
    CHECK(prediction.scores[0] == static_cast<float>(100 + i) / 255);
    CHECK(prediction.batch == 4);
  }
}

TEST_CASE("a network that gains nothing from batches gets images one by one", "[serve][model_version]") {
  test::FakeServingModel::Options options;
  options.best_batch = 1;
  VersionFixture fixture(batches_of(8), options);
  fixture.version.scale(1, 1);
  std::vector<std::future<Prediction>> asked;
  for (int i = 20; i < 26; ++i) asked.push_back(fixture.ask(i));
  for (auto& one : asked) CHECK(one.get().batch == 1);
}

TEST_CASE("a picture that the network cannot take fails alone", "[serve][model_version]") {
  VersionFixture fixture(batches_of(4));
  fixture.version.scale(1, 1);
  fixture.control->hold_runs();
  auto first = fixture.ask(1);
  REQUIRE(fixture.control->wait_for_runs(1));
  auto sound = fixture.ask(51);
  auto poison = fixture.ask(13);
  auto other = fixture.ask(102);
  fixture.wait_until_queued(3);
  fixture.control->let_all_go();
  first.get();
  CHECK(sound.get().scores[0] == 0.2F);
  test::require_error(ErrorCode::Internal, "fails on a 13", [&] { poison.get(); });
  CHECK(other.get().scores[0] == 0.4F);
}

TEST_CASE("what is wrong with a picture is told, and never taken for a full queue or a deadline",
          "[serve][model_version]") {
  VersionFixture fixture;
  fixture.version.scale(1, 1);
  test::require_error(ErrorCode::DataLoss, "cannot be decoded", [&] { fixture.version.predict({}, {}); });
  test::require_error(ErrorCode::InvalidArgument, "too large",
                      [&] { fixture.version.predict(text_picture("huge"), {}); });
  CHECK(fixture.version.queued() == 0);
  fixture.control->on_prepare = [] { throw std::runtime_error("odd"); };
  test::require_error(ErrorCode::Internal, "odd", [&] { fixture.version.predict(test::fake_picture(1), {}); });
  CHECK(fixture.version.queued() == 0);
}

TEST_CASE("a full queue refuses before anything is decoded", "[serve][model_version]") {
  VersionFixture fixture(batches_of(1, 1));
  fixture.version.scale(1, 1);
  std::atomic<int> decoded{0};
  fixture.control->on_prepare = [&] { ++decoded; };
  fixture.control->hold_runs();
  auto running = fixture.ask(1);
  REQUIRE(fixture.control->wait_for_runs(1));
  auto queued = fixture.ask(2);
  fixture.wait_until_queued(1);
  CHECK(fixture.version.would_refuse());
  test::require_error(ErrorCode::ResourceExhausted, "as many as its queue holds",
                      [&] { fixture.version.predict(test::fake_picture(3), {}); });
  test::require_error(ErrorCode::ResourceExhausted, "as many as its queue holds",
                      [&] { fixture.version.predict_prepared(std::vector<float>(256), {}); });
  fixture.control->let_all_go();
  running.get();
  queued.get();
  CHECK(decoded == 2);
}

TEST_CASE("the earlier of the request's deadline and response_timeout counts", "[serve][model_version]") {
  VersionSettings settings;
  settings.response_timeout = 0s;
  VersionFixture impatient(settings);
  impatient.version.scale(1, 1);
  test::require_error(ErrorCode::DeadlineExceeded, "did not answer in the time",
                      [&] { impatient.version.predict(test::fake_picture(1), {}); });

  VersionFixture fixture;
  fixture.version.scale(1, 1);
  fixture.control->hold_runs();
  RequestLimits limits;
  limits.deadline = Clock::now() + 10ms;
  test::require_error(ErrorCode::DeadlineExceeded, "did not answer in the time",
                      [&] { fixture.version.predict(test::fake_picture(1), limits); });
  CHECK(Clock::now() >= limits.deadline);
  fixture.control->let_all_go();
  // The slot that was left to the worker comes back, and the next request is not answered with its output.
  CHECK(fixture.version.predict(test::fake_picture(51), {}).scores[0] == 0.2F);
}

TEST_CASE("a request that waits for its turn to be decoded keeps its deadline", "[serve][model_version]") {
  auto gate = std::make_shared<batching::CoreGate>(1);
  ModelVersion version(animal_facts(), std::make_unique<test::FakeServingModel>(), {}, {}, gate);
  version.scale(1, 1);
  REQUIRE(gate->enter(Clock::now() + kPatience));
  RequestLimits limits;
  limits.deadline = Clock::now() + 5ms;
  test::require_error(ErrorCode::DeadlineExceeded, "did not answer in the time",
                      [&] { version.predict(test::fake_picture(1), limits); });
  CHECK(version.queued() == 0);
  gate->leave();
  CHECK(version.predict(test::fake_picture(51), {}).scores[0] == 0.2F);
}

TEST_CASE("a client that has gone costs neither decoding nor inference", "[serve][model_version]") {
  VersionFixture fixture;
  fixture.version.scale(1, 1);
  std::atomic<int> decoded{0};
  fixture.control->on_prepare = [&] { ++decoded; };
  RequestLimits limits;
  limits.client_is_there = [] { return false; };
  test::require_error(ErrorCode::Cancelled, "the client has closed",
                      [&] { fixture.version.predict(test::fake_picture(1), limits); });
  CHECK(decoded == 0);
  CHECK(fixture.control->batches().empty());
}

TEST_CASE("several pictures of one request have their outcomes in their order, more than the queue holds",
          "[serve][model_version]") {
  VersionFixture fixture(batches_of(2, 3));
  fixture.version.scale(1, 1);
  std::vector<std::vector<std::byte>> pictures;
  for (int i = 0; i < 20; ++i) pictures.push_back(test::fake_picture(30 + i));
  pictures[4] = text_picture("bad");
  pictures[9] = test::fake_picture(13);
  const auto results = fixture.version.predict_many(spans_of(pictures), {});
  REQUIRE(results.size() == 20);
  for (std::size_t i = 0; i < results.size(); ++i) {
    INFO("picture " << i);
    if (i == 4) {
      CHECK(results[i].error().code() == ErrorCode::DataLoss);
    } else if (i == 9) {
      CHECK(results[i].error().code() == ErrorCode::Internal);
    } else {
      REQUIRE(results[i].ok());
      CHECK(results[i].value().scores[0] == static_cast<float>(30 + i) / 255);
    }
  }
  CHECK(fixture.version.predict_many({}, {}).empty());
  fixture.version.scale(0, 0);
  for (const auto& result : fixture.version.predict_many(spans_of(pictures), {})) {
    CHECK(result.error().code() == ErrorCode::Unavailable);
  }
}

TEST_CASE("three classes have three probabilities", "[serve][model_version]") {
  test::FakeServingModel::Options options;
  options.classes = {"A", "B", "C"};
  VersionFixture fixture({}, options);
  fixture.version.scale(1, 1);
  const Prediction prediction = fixture.version.predict(test::fake_picture(51), {});
  REQUIRE(prediction.scores.size() == 3);
  CHECK(prediction.scores[0] == 0.2F);
  CHECK(prediction.scores[2] == 0.4F);
}

TEST_CASE("scaling keeps the number of workers between the two limits", "[serve][model_version]") {
  VersionFixture fixture;
  fixture.version.scale(2, 4);
  CHECK(fixture.version.workers().size() == 2);
  CHECK(fixture.version.workers()[0].id == 9000);
  CHECK(fixture.version.workers()[1].id == 9001);
  CHECK(fixture.version.settings().min_workers == 2);
  CHECK(fixture.version.settings().max_workers == 4);
  fixture.version.scale(1, 4);
  CHECK(fixture.version.workers().size() == 2);
  fixture.version.scale(0, 1);
  CHECK(fixture.version.workers().size() == 1);
  for (const auto& [low, high] : {std::pair{-1, 1}, {2, 1}, {0, 129}}) {
    test::require_error(ErrorCode::InvalidArgument, "min_worker ≤ max_worker ≤ 128",
                        [&, low = low, high = high] { fixture.version.scale(low, high); });
  }
  CHECK(fixture.version.workers().size() == 1);
}

TEST_CASE("closing a version answers what it accepted and refuses what comes after", "[serve][model_version]") {
  VersionFixture fixture(batches_of(4));
  fixture.version.scale(1, 1);
  fixture.control->hold_runs();
  auto running = fixture.ask(51);
  REQUIRE(fixture.control->wait_for_runs(1));
  auto queued = fixture.ask(102);
  fixture.wait_until_queued(1);
  auto closed = std::async(std::launch::async, [&] { fixture.version.close(Clock::now() + kPatience); });
  while (!fixture.version.would_refuse()) std::this_thread::yield();
  test::require_error(ErrorCode::Cancelled, "is being unregistered or shut down",
                      [&] { fixture.version.predict(test::fake_picture(1), {}); });
  fixture.control->let_all_go();
  CHECK(running.get().scores[0] == 0.2F);
  CHECK(queued.get().scores[0] == 0.4F);
  closed.get();
}

TEST_CASE("many threads get the answers to their own pictures", "[serve][model_version]") {
  VersionSettings settings = batches_of(5, 6);
  settings.max_batch_delay = 1ms;
  VersionFixture fixture(settings);
  fixture.version.scale(2, 2);
  std::atomic<int> wrong{0};
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const int value = 20 + (t * 31 + i) % 230;
          RequestLimits limits;
          if (i % 5 == 0) limits.deadline = Clock::now() + std::chrono::microseconds(i);
          try {
            const Prediction prediction = fixture.version.predict(test::fake_picture(value), limits);
            ++(prediction.scores[0] == static_cast<float>(value) / 255 ? answered : wrong);
          } catch (const Error&) {
            ++refused;
          }
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(answered > 100);
  CHECK(answered + refused == 1600);
  CHECK(fixture.version.queued() == 0);
}

}  // namespace animalctl::serve
