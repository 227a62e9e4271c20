#include "serve/jsonl_sink.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "serve/prediction_line.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::serve {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

using test::TemporaryFolder;

// 2026-11-25T13:15:05.123Z
constexpr std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'795'612'505'123)};

PredictionRecord record(const std::string& id) {
  PredictionRecord record;
  record.request_id = id;
  record.time = kTime;
  record.image = sha256("picture");
  record.image_bytes = 7;
  record.picture = {200, 100};
  record.model = "animal";
  record.version = 2;
  record.role = Role::Previous;
  record.label = "DOG";
  record.scores = {0.93F};
  record.decode = 1'234'567ns;
  record.queued = 20us;
  record.inference = 3ms;
  record.total = 5'000'400ns;
  return record;
}

JsonlSinkOptions options_for(const fs::path& folder) {
  JsonlSinkOptions options;
  options.folder = folder;
  options.gather = 0ms;
  return options;
}

std::vector<nlohmann::json> lines_of(const fs::path& folder) {
  std::vector<nlohmann::json> lines;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    for (const std::string& line : split(read_text_file(file), '\n')) {
      if (!line.empty()) lines.push_back(nlohmann::json::parse(line));
    }
  }
  return lines;
}

TEST_CASE("a line holds what docs/formats/predictions-jsonl.md says", "[sink]") {
  CHECK(
      prediction_line(record("id-1"), {}) ==
      R"({"request_id":"id-1","time":"2026-11-25T13:15:05.123Z","image":")" + sha256("picture").hex() +
          R"(","image_bytes":7,"width":200,"height":100,"model":"animal","version":2,"role":"previous","label":"DOG",)"
          R"("score":0.93,"latency_ms":{"decode":1.235,"queue":0.02,"inference":3,"total":5}})"
          "\n");
  PredictionRecord many = record("id-2");
  many.scores = {0.5F, 0.25F, 0.25F};
  many.label = "T\xFFIGER";
  const auto line = nlohmann::json::parse(prediction_line(many, {"ab/cd.jpg", "", ""}));
  CHECK(line.at("scores") == nlohmann::json{0.5, 0.25, 0.25});
  CHECK_FALSE(line.contains("score"));
  CHECK(line.at("image_file") == "ab/cd.jpg");
  CHECK_FALSE(line.contains("features"));
  PredictionRecord seen = record("a \"quoted\" id\n");
  seen.projection = {1, -2};
  seen.picture.statistics = ImageStatistics{0.123456, 1e-7, std::nullopt, 12345.6};
  const auto parsed = nlohmann::json::parse(prediction_line(seen, {}));
  CHECK(parsed.at("request_id") == "a \"quoted\" id\n");
  CHECK(parsed.at("features") == "3f80c000");
  CHECK(parsed.at("measures") == nlohmann::json{{"brightness", 0.1235}, {"contrast", 1e-7}, {"sharpness", 12350}});
  // What no number can hold costs itself only.
  seen.projection = {std::numeric_limits<float>::infinity()};
  CHECK_FALSE(nlohmann::json::parse(prediction_line(seen, {})).contains("features"));
}

TEST_CASE("days and times are UTC", "[sink]") {
  CHECK(utc_day(kTime) == "2026-11-25");
  CHECK(iso_time({}) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(std::chrono::system_clock::time_point{} - 1ms) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("closing the sink stores everything that was taken", "[sink]") {
  const TemporaryFolder folder;
  JsonlSink sink(options_for(folder / "lake"));
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&sink, thread] {
        for (int i = 0; i < 500; ++i) sink.record(record(std::to_string(thread) + "-" + std::to_string(i)));
      });
    }
  }
  sink.close();
  sink.close();
  CHECK(sink.counts().stored == 2000);
  CHECK(sink.counts().dropped == 0);
  std::set<std::string> ids;
  for (const auto& line : lines_of(folder / "lake")) ids.insert(line.at("request_id").get<std::string>());
  CHECK(ids.size() == 2000);
  // What comes later is counted.
  sink.record(record("late"));
  CHECK(sink.counts().dropped == 1);
}

TEST_CASE("records of two days go to two files, a full file is followed by the next", "[sink]") {
  const TemporaryFolder folder;
  JsonlSinkOptions options = options_for(folder.path());
  options.max_file_bytes = 2000;
  JsonlSink sink(options);
  for (int i = 0; i < 20; ++i) sink.record(record(std::to_string(i)));
  PredictionRecord tomorrow = record("tomorrow");
  tomorrow.time += 24h;
  sink.record(tomorrow);
  sink.close();
  CHECK(lines_of(folder.path()).size() == 21);
  CHECK(fs::exists(folder / "predictions-2026-11-25-0002.jsonl"));
  CHECK(test::contains(read_text_file(folder / "predictions-2026-11-26-0001.jsonl"), "\"tomorrow\""));
  for (const auto& entry : fs::directory_iterator(folder.path())) CHECK(entry.file_size() <= 2000);
}

TEST_CASE("overflow is counted and told, and delays nobody", "[sink]") {
  const TemporaryFolder folder;
  std::atomic<std::uint64_t> told{0};
  JsonlSinkOptions options = options_for(folder / "lake");
  options.max_queued = 10;
  options.max_queued_bytes = 100;
  options.gather = 1h;  // the writer waits for company until half the queue is taken or the sink is closed
  options.dropped = [&](std::uint64_t count) { told += count; };
  JsonlSink sink(options);
  PredictionRecord heavy = record("heavy");
  heavy.bytes = std::make_shared<const std::string>(60, 'x');
  sink.record(heavy);
  sink.record(heavy);  // the pictures that wait would pass 100 bytes
  CHECK(sink.counts().dropped == 1);
  CHECK(told == 1);
  sink.close();
  CHECK(sink.counts().stored == 1);
}

TEST_CASE("a folder that cannot be made costs the records of that time only", "[sink]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "lake", "a file in the way");
  std::atomic<std::uint64_t> told{0};
  JsonlSinkOptions options = options_for(folder / "lake");
  options.dropped = [&](std::uint64_t count) {
    told += count;
    told.notify_all();
  };
  JsonlSink sink(options);
  sink.record(record("lost"));
  told.wait(0);
  fs::remove(folder / "lake");
  sink.record(record("kept"));
  sink.close();
  CHECK(sink.counts().stored == 1);
  CHECK(sink.counts().dropped == 1);
  CHECK(lines_of(folder / "lake").at(0).at("request_id") == "kept");
}

TEST_CASE("pictures are kept once by their content, named by what they are", "[sink]") {
  const TemporaryFolder folder;
  JsonlSinkOptions options = options_for(folder.path());
  options.store_images = true;
  JsonlSink sink(options);
  CHECK(sink.wants_image(record("any")));
  // A BMP of one white pixel.
  std::string bmp("BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0", 38);
  bmp.append(16, '\0').append("\xFF\xFF\xFF\0", 4);
  PredictionRecord picture = record("picture");
  picture.bytes = std::make_shared<const std::string>(bmp);
  picture.image = sha256(bmp);
  sink.record(picture);
  sink.record(picture);
  PredictionRecord text = record("text");
  text.bytes = std::make_shared<const std::string>("<script>");
  text.image = sha256("<script>");
  sink.record(text);
  sink.close();

  const std::string hex = sha256(bmp).hex();
  const std::string name = hex.substr(0, 2) + "/" + hex.substr(2) + ".bmp";
  CHECK(read_text_file(folder / "images" / name) == bmp);
  const auto lines = lines_of(folder.path());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at("image_file") == name);
  CHECK(lines[1].at("image_file") == name);
  CHECK_FALSE(lines[2].contains("image_file"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "images"))
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == 1);
}

TEST_CASE("a record is kept when its picture cannot be", "[sink]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "images", "a file in the way");
  JsonlSinkOptions options = options_for(folder.path());
  options.store_images = true;
  JsonlSink sink(options);
  std::string bmp("BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0", 38);
  bmp.append(20, '\0');
  PredictionRecord picture = record("picture");
  picture.bytes = std::make_shared<const std::string>(bmp);
  sink.record(picture);
  sink.close();
  CHECK(sink.counts().stored == 1);
  CHECK_FALSE(lines_of(folder.path()).at(0).contains("image_file"));
}

TEST_CASE("a line names no picture that could not be put in place", "[sink]") {
  const TemporaryFolder folder;
  JsonlSinkOptions options = options_for(folder / "lake");
  options.store_images = true;
  options.review.folder = folder / "frames";
  options.review.below = 1;
  std::string bmp("BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0", 38);
  bmp.append(20, '\0');
  const std::string hex = sha256(bmp).hex();
  // Folders of the pictures' own names, with something in them.
  create_folders(folder / "lake" / "images" / hex.substr(0, 2) / (hex.substr(2) + ".bmp") / "x");
  JsonlSink sink(options);
  PredictionRecord picture = record("picture");
  picture.image = sha256(bmp);
  picture.bytes = std::make_shared<const std::string>(bmp);
  sink.record(picture);
  sink.close();
  const auto line = lines_of(folder / "lake").at(0);
  CHECK_FALSE(line.contains("image_file"));
  const auto frame = line.at("frame").get<std::string>();
  CHECK(read_text_file(folder / "frames" / frame) == bmp);
}

}  // namespace
}  // namespace animalctl::serve
