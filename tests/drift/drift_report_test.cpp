#include "animalctl/drift/drift_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/lake/frame_index.h"
#include "animalctl/lake/predictions.h"
#include "drift/simulated_traffic.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::drift {
namespace {

using animalctl::test::require_error;
using animalctl::test::TemporaryFolder;
using lake::PredictionRow;
using test::Traffic;
using test::World;

struct Lake {
  TemporaryFolder folder;
  std::unique_ptr<lake::Database> database = lake::Database::open("sqlite:" + (folder / "lake.db").string());
  lake::Predictions predictions{*database};
  void add(const std::vector<PredictionRow>& rows) { predictions.insert(rows); }
};

const InputDrift& input_of(const DriftReport& report, std::string_view name) {
  const auto found = std::find_if(report.inputs.begin(), report.inputs.end(),
                                  [&](const InputDrift& input) { return input.input == name; });
  REQUIRE(found != report.inputs.end());
  return *found;
}

World dark() {
  World world;
  world.brightness = 0.25;
  return world;
}

}  // namespace

TEST_CASE("an empty lake, and one with few answers, say that there is too little to tell", "[drift]") {
  Lake lake;
  DriftReport report = drift_report(*lake.database, {});
  CHECK(report.verdict == Verdict::TooFew);
  CHECK(report.model.empty());
  CHECK(animalctl::test::contains(report.reason, "no answers"));
  Traffic traffic(1);
  lake.add(traffic.day(0, 90));
  report = drift_report(*lake.database, {});
  CHECK(report.model == "animal");
  CHECK(report.version == 1);
  CHECK(report.verdict == Verdict::TooFew);
  CHECK(report.reference.answers == 90);
  lake.add(traffic.day(1, 210));
  report = drift_report(*lake.database, {});
  CHECK(report.verdict == Verdict::TooFew);
  CHECK(report.windows.size() == 1);
  lake.add(traffic.day(2, 100));
  report = drift_report(*lake.database, {});
  CHECK(report.verdict == Verdict::Stable);
  CHECK(report.windows.size() == 2);
  CHECK(report.reference.answers == 200);
}

TEST_CASE("a camera that changes is in the report 200 answers later, with its pictures", "[drift]") {
  for (const std::size_t before : {333, 1050, 2500}) {
    Lake lake;
    Traffic traffic(before);
    lake.add(traffic.day(0, before));
    CHECK(drift_report(*lake.database, {}).verdict != Verdict::Drifted);
    const std::vector<PredictionRow> changed = traffic.day(1, 200, dark());
    lake.add(changed);
    const DriftReport report = drift_report(*lake.database, {});
    CAPTURE(before, report.reason);
    CHECK(report.verdict == Verdict::Drifted);
    CHECK(input_of(report, "brightness").verdict == Verdict::Drifted);
    CHECK(input_of(report, "sharpness").verdict != Verdict::Drifted);
    CHECK(animalctl::test::contains(report.reason, "brightness"));
    CHECK(report.reference.until_ms < changed.front().at_ms);
    REQUIRE(report.images.size() == 24);
    // The oldest of the windows may have an odd picture too.
    const auto after = std::count_if(report.images.begin(), report.images.end(),
                                     [&](const DriftedImage& image) { return image.at_ms >= changed.front().at_ms; });
    CHECK(after >= 20);
    CHECK(report.images.front().distance >= report.images.back().distance);
  }
}

TEST_CASE("the version that answers now is looked at; shadows and other versions are not its answers", "[drift]") {
  Lake lake;
  Traffic traffic(3);
  lake.add(traffic.day(0, 1000));
  std::vector<PredictionRow> second = traffic.day(1, 600);
  for (PredictionRow& row : second) row.version = 2;
  lake.add(second);
  std::vector<PredictionRow> shadow = traffic.day(2, 300, dark());
  for (PredictionRow& row : shadow) row.version = 2, row.role = "shadow";
  lake.add(shadow);
  DriftQuery query;
  CHECK(drift_report(*lake.database, query).version == 2);
  CHECK(drift_report(*lake.database, query).verdict == Verdict::Stable);
  query.version = 1;
  CHECK(drift_report(*lake.database, query).version == 1);
  query.model = "other";
  CHECK(drift_report(*lake.database, query).verdict == Verdict::TooFew);
}

TEST_CASE("a report of an earlier time is that of the time; a reference may be given by its time", "[drift]") {
  Lake lake;
  Traffic traffic(4);
  lake.add(traffic.day(0, 1500));
  const std::vector<PredictionRow> changed = traffic.day(1, 1500, dark());
  lake.add(changed);
  DriftQuery query;
  CHECK(drift_report(*lake.database, query).verdict == Verdict::Drifted);
  query.until_ms = changed.front().at_ms;
  CHECK(drift_report(*lake.database, query).verdict == Verdict::Stable);
  query.until_ms.reset();
  query.reference_from_ms = changed.front().at_ms;
  const DriftReport report = drift_report(*lake.database, query);
  CHECK(report.verdict == Verdict::Stable);
  CHECK(report.reference.from_ms == changed.front().at_ms);
}

TEST_CASE("people who disagree more often than before are drift; agreeing more often is none", "[drift]") {
  Lake lake;
  Traffic traffic(5);
  const std::vector<PredictionRow> before = traffic.day(0, 1000);
  const std::vector<PredictionRow> now = traffic.day(1, 600);
  lake.add(before);
  lake.add(now);
  DriftQuery query;
  const auto label = [&](const PredictionRow& row, bool right, bool audit) {
    const std::string other = row.label == "DOG" ? "cat" : "dog";
    query.labels.push_back({row.image, right ? (row.label == "DOG" ? "Dog" : "Cat") : other, audit});
  };
  for (std::size_t i = 0; i < 200; ++i) label(before[i], i % 20 != 0, false);
  for (std::size_t i = 0; i < 100; ++i) label(now[500 + i], i % 20 != 0, false);
  DriftReport report = drift_report(*lake.database, query);
  CHECK(input_of(report, "disagreement").verdict == Verdict::Stable);
  CHECK(input_of(report, "disagreement").reference_mean == Approx(0.05));
  CHECK(report.accuracy.labelled == 100);
  CHECK(report.accuracy.right == 95);
  CHECK(report.accuracy.interval.low < 0.95);
  CHECK(report.accuracy.audited == 0);
  REQUIRE(report.accuracy.estimated);
  CHECK(*report.accuracy.estimated == Approx(*report.accuracy.estimated_reference).margin(0.05));

  query.labels.clear();
  for (std::size_t i = 0; i < 200; ++i) label(before[i], i % 20 != 0, i % 2 == 0);
  for (std::size_t i = 0; i < 100; ++i) label(now[500 + i], i % 3 != 0, true);
  query.validation_accuracy = 0.93;
  report = drift_report(*lake.database, query);
  CHECK(input_of(report, "disagreement").verdict == Verdict::Drifted);
  CHECK(input_of(report, "disagreement").reference_count == 100);
  CHECK(report.verdict == Verdict::Drifted);
  CHECK(report.accuracy.audited == 100);
  CHECK(report.accuracy.validation == 0.93);

  query.labels.clear();
  for (std::size_t i = 0; i < 200; ++i) label(before[i], i % 3 != 0, false);
  for (std::size_t i = 0; i < 100; ++i) label(now[500 + i], true, false);
  CHECK(input_of(drift_report(*lake.database, query), "disagreement").verdict == Verdict::Stable);
  // Contradicting labels of one content tell nothing.
  query.labels.push_back({now[500].image, "hamster", false});
  CHECK(drift_report(*lake.database, query).accuracy.labelled == 99);
}

TEST_CASE("labels are found by the content of the frames, those of the audit are marked", "[drift]") {
  Lake lake;
  const std::string first(64, 'a');
  const std::string second(64, 'b');
  const std::vector<lake::FrameFile> files = {{"cat.1.png", 1, 1}, {"none.png", 1, 1}, {"query-audit-b.png", 1, 1}};
  lake::FrameIndex(*lake.database).update(files, 1, [&](std::span<const lake::FrameFile>) {
    return std::vector<std::string>{first, std::string(64, 'c'), second};
  });
  CHECK(read_labelled_contents(*lake.database, (lake.folder / "missing").string()).empty());
  write_file_atomic(lake.folder / "annotations" / "cat.1.json", R"({"label": "CAT", "source": "manual"})");
  write_file_atomic(lake.folder / "annotations" / "query-audit-b.json", R"({"label": "DOG", "source": "manual"})");
  write_file_atomic(lake.folder / "annotations" / "none.json", "garbled");
  const std::vector<LabelledContent> labels =
      read_labelled_contents(*lake.database, (lake.folder / "annotations").string());
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].digest == first);
  CHECK(labels[0].label == "CAT");
  CHECK_FALSE(labels[0].audit);
  CHECK(labels[1].digest == second);
  CHECK(labels[1].audit);
  CHECK(lake::FrameIndex(*lake.database).names_of(second) == std::vector<std::string>{"query-audit-b.png"});
}

TEST_CASE("settings out of range are refused by name", "[drift]") {
  Lake lake;
  const auto refused = [&](const char* part, auto change) {
    DriftQuery query;
    change(query.settings);
    require_error(ErrorCode::InvalidArgument, part, [&] { drift_report(*lake.database, query); });
  };
  refused("window is 10", [](DriftSettings& s) { s.window = 10; });
  refused("min_window is 200", [](DriftSettings& s) { s.min_window = 200; });
  refused("reference is 100", [](DriftSettings& s) { s.reference = 100; });
  refused("min_reference is 5", [](DriftSettings& s) { s.min_reference = 5; });
  refused("persistence.windows is 0", [](DriftSettings& s) { s.persistence.windows = 0; });
  refused("persistence.needed is 4", [](DriftSettings& s) { s.persistence.needed = 4; });
  refused("alpha is 0", [](DriftSettings& s) { s.alpha = 0; });
  refused("min_wasserstein is -1", [](DriftSettings& s) { s.min_wasserstein = -1; });
  refused("min_jensen_shannon is 2", [](DriftSettings& s) { s.min_jensen_shannon = 2; });
  refused("min_accuracy_change is 2", [](DriftSettings& s) { s.min_accuracy_change = 2; });
  refused("min_labelled is 1", [](DriftSettings& s) { s.min_labelled = 1; });
  refused("most_drifted_images is 5000", [](DriftSettings& s) { s.most_drifted_images = 5000; });
}

TEST_CASE("the report as JSON has every part", "[drift]") {
  Lake lake;
  Traffic traffic(6);
  lake.add(traffic.day(0, 1000));
  lake.add(traffic.day(1, 300, dark()));
  const DriftReport report = drift_report(*lake.database, {});
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json.at("format") == 1);
  CHECK(json.at("verdict") == "drifted");
  CHECK(json.at("version") == 1);
  CHECK(json.at("reference").at("answers") == 1000);
  CHECK(json.at("windows").size() == 3);
  CHECK(json.at("inputs").size() == 9);
  CHECK(json.at("inputs")[0].at("input") == "score");
  CHECK(json.at("inputs")[0].at("windows").size() == 3);
  CHECK(json.at("inputs")[2].at("bars")[0].contains("reference"));
  CHECK(json.at("images").size() == 24);
  CHECK(json.at("accuracy").at("labelled").at("count") == 0);
  CHECK(json.at("accuracy").at("validation").is_null());
  CHECK(json.at("settings").at("of_windows") == 3);
  CHECK(nlohmann::json::parse(to_json(DriftReport{})).at("reference").at("from").is_null());
}

}  // namespace animalctl::drift
