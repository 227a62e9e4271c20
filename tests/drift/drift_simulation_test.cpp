#include <algorithm>

#include "animalctl/drift/drift_report.h"
#include "animalctl/stats/persistence.h"
#include "drift/quiet_reference.h"
#include "drift/reference.h"
#include "drift/simulated_traffic.h"
#include "support/catch_compat.h"

namespace animalctl::drift {
namespace {

using lake::PredictionRow;
using test::Traffic;
using test::World;

// Looks after every window, as an orchestrator that never sleeps would: the most looks there can be.
class Watch {
 public:
  explicit Watch(const DriftSettings& settings) : settings_(settings) {}

  // True when, with these answers more, drift is seen that was not seen before them.
  bool take(const std::vector<PredictionRow>& more) {
    answers_.insert(answers_.end(), more.begin(), more.end());
    bool raised = false;
    for (; answers_.size() >= next_; next_ += settings_.window) raised = look() || raised;
    return raised;
  }

 private:
  bool look() {
    const Answers all(answers_);
    const std::size_t before = next_ - settings_.window;
    if (reference_size_ < settings_.reference && before >= fewest_reference_answers(settings_)) {
      reference_size_ = quiet_answers(all.first(std::min(before, settings_.reference)), settings_);
      reference_rows_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(reference_size_));
      reference_.emplace(different_pictures(reference_rows_), settings_);
    }
    if (!reference_) return false;
    const std::vector<WindowTest> tests = reference_->test(different_pictures(all.subspan(before, settings_.window)));
    hits_.resize(tests.size());
    bool any = false;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      hits_[i].push_back(tests[i].drifted ? 1 : 0);
      any = any || persistent_drift(hits_[i], settings_.persistence).drifted;
    }
    const bool raised = any && !alarm_;
    alarm_ = any;
    return raised;
  }

  const DriftSettings settings_;
  std::vector<PredictionRow> answers_;
  std::size_t next_ = 100;
  std::size_t reference_size_ = 0;
  std::vector<PredictionRow> reference_rows_;  // what reference_ points into
  std::optional<Reference> reference_;
  std::vector<std::vector<std::uint8_t>> hits_;
  bool alarm_ = false;
};

std::size_t false_alarms(std::uint64_t seed, std::size_t fewest, std::size_t most) {
  Traffic traffic(seed);
  Watch watch{DriftSettings{}};
  std::size_t alarms = 0;
  for (std::int64_t day = 0; day < 30; ++day) {
    alarms += watch.take(traffic.day(day, fewest + traffic.below(most - fewest + 1))) ? 1 : 0;
  }
  return alarms;
}

// How many answers after the change drift is seen; 0: not within 1000.
std::size_t noticed_after(std::uint64_t seed, std::size_t before, const World& changed) {
  Traffic traffic(seed);
  Watch watch{DriftSettings{}};
  if (watch.take(traffic.day(0, before))) return 0;
  for (std::size_t after = 1; after <= 40; ++after) {
    if (watch.take(traffic.day(static_cast<std::int64_t>(after), 25, changed))) return after * 25;
  }
  return 0;
}

}  // namespace

TEST_CASE("at most one false alarm in thirty days without drift, of 200 to 5000 answers each", "[drift]") {
  std::size_t alarms = 0;
  for (const std::uint64_t seed : {1}) {
    const std::size_t of_seed = false_alarms(seed, 200, 5000);
    CHECK(of_seed <= 1);
    alarms += of_seed;
  }
  for (const std::uint64_t seed : {2, 3, 4}) {
    const std::size_t of_seed = false_alarms(seed, 200, 200);
    CHECK(of_seed <= 1);
    alarms += of_seed;
  }
  CHECK(alarms <= 1);
}

TEST_CASE("a camera that changes is noticed within 200 answers", "[drift]") {
  World dark;
  dark.brightness = 0.3;
  World blurred;
  blurred.sharpness = 60;
  World turned;
  turned.width = 480;
  turned.height = 640;
  World unsure;
  unsure.certainty = 0.2;
  World dogs;
  dogs.dog_share = 0.9;
  for (const World& changed : {dark, blurred, turned, unsure, dogs}) {
    for (const std::uint64_t seed : {11, 12}) {
      CAPTURE(changed.brightness, changed.sharpness, changed.width, changed.certainty, changed.dog_share, seed);
      for (const std::size_t before : {300, 1050}) {
        const std::size_t after = noticed_after(seed, before, changed);
        CHECK(after > 0);
        // Windows begin at whole hundreds here; drift_report()'s end at the newest answer.
        CHECK(after <= 200 + before % 100);
      }
    }
  }
}

TEST_CASE("a reference that began shortly before the world changed does not learn the change", "[drift]") {
  const DriftSettings settings;
  for (const std::uint64_t seed : {21, 22, 23}) {
    Traffic traffic(seed);
    std::vector<PredictionRow> answers = traffic.day(0, 450);
    World dark;
    dark.brightness = 0.3;
    const std::vector<PredictionRow> later = traffic.day(1, 2000, dark);
    answers.insert(answers.end(), later.begin(), later.end());
    CHECK(quiet_answers(answers, settings) <= 450);
    CHECK(quiet_answers(answers, settings) >= 200);
  }
  CHECK(quiet_answers(Traffic(1).day(0, 5000), settings) == 1000);
  CHECK(quiet_answers(Traffic(1).day(0, 150), settings) == 150);
  CHECK(quiet_answers(Answers(), settings) == 0);
}

}  // namespace animalctl::drift
