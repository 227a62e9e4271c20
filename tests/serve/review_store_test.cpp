#include "serve/review_store.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "serve/jsonl_sink.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::serve {
namespace {

namespace fs = std::filesystem;
using animalctl::test::TemporaryFolder;
using std::chrono::sys_days;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr auto kDay = sys_days{std::chrono::year{2031} / 5 / 4};

// A BMP of one pixel, another one for each number.
std::string bmp(int number) {
  std::string bytes("BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0", 38);
  bytes.append(16, '\0');
  bytes += static_cast<char>(number & 0xFF);
  bytes += static_cast<char>(number >> 8 & 0xFF);
  return bytes.append("\xFF\0", 2);
}

PredictionRecord record_of(const std::string& picture, float score = 0.5F) {
  PredictionRecord record;
  record.request_id = "id";
  record.time = kDay + 12h;
  record.image = sha256(picture);
  record.image_bytes = picture.size();
  record.model = "animal";
  record.label = "DOG";
  record.scores = {score};
  record.bytes = std::make_shared<const std::string>(picture);
  return record;
}

ReviewSettings settings_for(const TemporaryFolder& folder) {
  ReviewSettings settings;
  settings.folder = folder / "frames";
  settings.audit_share = 0;
  return settings;
}

std::size_t files_in(const fs::path& folder) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) files += entry.is_regular_file() ? 1 : 0;
  return files;
}

std::string store_now(ReviewStore& store, const PredictionRecord& record, ReviewReason reason) {
  FileGroup files;
  std::string name = store.store(record, reason, files);
  CHECK(files.commit().empty());
  return name;
}

std::string store_now(ReviewStore&& store, const PredictionRecord& record, ReviewReason reason) {
  return store_now(store, record, reason);
}

}  // namespace

TEST_CASE("pictures that the model is unsure of are worth a label, and nothing without a folder", "[review]") {
  ReviewSettings settings;
  settings.audit_share = 0;
  CHECK(review_reason(settings, record_of("a"), UsualPictures(0)) == ReviewReason::None);
  settings.folder = "frames";
  CHECK(review_reason(settings, record_of("a", 0.5F), UsualPictures(0)) == ReviewReason::Unsure);
  CHECK(review_reason(settings, record_of("a", 0.31F), UsualPictures(0)) == ReviewReason::Unsure);
  CHECK(review_reason(settings, record_of("a", 0.29F), UsualPictures(0)) == ReviewReason::None);
  CHECK(review_reason(settings, record_of("a", 0.9F), UsualPictures(0)) == ReviewReason::None);
  PredictionRecord many = record_of("a");
  many.scores = {0.2F, 0.65F, 0.15F};
  CHECK(confidence_of(many) == Approx(0.65));
  CHECK(review_reason(settings, many, UsualPictures(0)) == ReviewReason::Unsure);
  many.role = Role::Shadow;
  CHECK(review_reason(settings, many, UsualPictures(0)) == ReviewReason::None);
  UsualPictures usual(5);
  PredictionRecord plain = record_of("a", 0.9F);
  plain.picture.statistics = ImageStatistics{0.5, 0.2, 0.4, 300};
  for (std::uint64_t i = 0; i < UsualPictures::kLearnt; ++i) usual.learn(plain);
  CHECK(review_reason(settings, plain, usual) == ReviewReason::None);
  plain.picture.statistics->brightness = 0.1;
  CHECK(review_reason(settings, plain, usual) == ReviewReason::Unusual);
  settings.all = true;
  CHECK(review_reason(settings, record_of("a", 0.9F), UsualPictures(0)) == ReviewReason::All);
  CHECK(to_string(ReviewReason::All) == "all");
}

TEST_CASE("the audit takes its share of the pictures, whatever the answer, the same ones each time", "[review]") {
  ReviewSettings settings;
  settings.folder = "frames";
  settings.audit_share = 0.1;
  settings.below = 0;
  std::size_t audited = 0;
  for (int i = 0; i < 5000; ++i) {
    const PredictionRecord record = record_of(bmp(i), i % 2 == 0 ? 0.99F : 0.5F);
    if (review_reason(settings, record, UsualPictures(0)) != ReviewReason::Audit) continue;
    ++audited;
    ReviewSettings more = settings;
    more.audit_share = 0.2;
    CHECK(review_reason(more, record, UsualPictures(0)) == ReviewReason::Audit);
  }
  CHECK(audited > 400);
  CHECK(audited < 600);
}

TEST_CASE("a picture becomes a frame once, named by its content", "[review]") {
  const TemporaryFolder folder;
  const ReviewSettings settings = settings_for(folder);
  ReviewStore store(settings);
  const std::string picture = bmp(1);
  const std::string name = "query-" + sha256(picture).hex().substr(0, 32) + ".bmp";
  CHECK(store_now(store, record_of(picture), ReviewReason::Unsure) == name);
  CHECK(read_text_file(settings.folder / name) == picture);
  CHECK(store_now(store, record_of(picture), ReviewReason::All) == name);
  // Another process, another reason: the frame that is there stays the one.
  CHECK(store_now(ReviewStore(settings), record_of(picture), ReviewReason::Audit) == name);
  CHECK(files_in(settings.folder) == 1);
  const std::string other = bmp(2);
  CHECK(store_now(store, record_of(other), ReviewReason::Audit) ==
        "query-audit-" + sha256(other).hex().substr(0, 32) + ".bmp");
  CHECK(store_now(store, record_of("no picture"), ReviewReason::All).empty());
  CHECK(store_now(store, record_of(bmp(3)), ReviewReason::None).empty());
  PredictionRecord without = record_of(bmp(3));
  without.bytes = nullptr;
  CHECK(store_now(store, without, ReviewReason::All).empty());
  CHECK(files_in(settings.folder) == 2);
}

TEST_CASE("a picture that is a frame under another name, or that was rejected, is not stored", "[review]") {
  const TemporaryFolder folder;
  const ReviewSettings settings = settings_for(folder);
  write_file_atomic(settings.folder / "cat.1.bmp", bmp(1));
  write_file_atomic(settings.folder / "cat.2.bmp", bmp(2));
  const std::string rejected = "query-" + sha256(bmp(3)).hex().substr(0, 32) + ".bmp";
  write_file_atomic(folder / "trash" / "frames" / rejected, bmp(3));
  ReviewSettings slashed = settings;
  slashed.folder += "/";
  ReviewStore store(slashed);
  CHECK(store_now(store, record_of(bmp(2)), ReviewReason::Unsure) == "cat.2.bmp");
  CHECK(store_now(store, record_of(bmp(3)), ReviewReason::Unsure).empty());
  CHECK(files_in(settings.folder) == 2);
}

TEST_CASE("no more pictures a day than were asked for, those of an earlier process counted", "[review]") {
  const TemporaryFolder folder;
  ReviewSettings settings = settings_for(folder);
  settings.per_day = 3;
  {
    ReviewStore store(settings);
    for (int i = 0; i < 10; ++i) store_now(store, record_of(bmp(i)), ReviewReason::All);
    CHECK(files_in(settings.folder) == 3);
    // A picture that is there is still named.
    CHECK_FALSE(store_now(store, record_of(bmp(0)), ReviewReason::All).empty());
  }
  // Files written before that day do not count, those of it do.
  PredictionRecord early = record_of(bmp(20));
  early.time = std::chrono::system_clock::now();
  ReviewStore again(settings);
  CHECK(store_now(again, early, ReviewReason::All).empty());
  PredictionRecord later = record_of(bmp(21));
  later.time = kDay + 24h;
  CHECK_FALSE(store_now(again, later, ReviewReason::All).empty());
}

TEST_CASE("frames that come while it runs are found once the folder is listed again", "[review]") {
  const TemporaryFolder folder;
  std::chrono::steady_clock::time_point now{1h};
  FrameContents contents(folder / "frames", [&] { return now; });
  CHECK(contents.find(sha256(bmp(1)), bmp(1).size()).empty());
  write_file_atomic(folder / "frames" / "a.bmp", bmp(1));
  CHECK(contents.find(sha256(bmp(1)), bmp(1).size()) == "a.bmp");
  write_file_atomic(folder / "frames" / "b.bmp", bmp(2));
  now += 1s;
  CHECK(contents.find(sha256(bmp(2)), bmp(2).size()).empty());
  now += 2s;
  CHECK(contents.find(sha256(bmp(2)), bmp(2).size()) == "b.bmp");
  CHECK(contents.written_since("b", std::chrono::system_clock::now() - 1h) == 1);
  CHECK(contents.written_since("b", std::chrono::system_clock::now() + 1h) == 0);
}

TEST_CASE("the sink writes measures, the frame and why it is one into the prediction's line", "[review]") {
  const TemporaryFolder folder;
  JsonlSinkOptions options;
  options.folder = folder / "sink";
  options.gather = 1ms;
  options.review = settings_for(folder);
  JsonlSink sink(options);
  PredictionRecord unsure = record_of(bmp(1), 0.6F);
  unsure.picture = {1, 1, ImageStatistics{0.123456, 0.25, std::nullopt, 12345.6}};
  CHECK(sink.wants_image(unsure));
  CHECK_FALSE(sink.wants_image(record_of(bmp(2), 0.99F)));
  sink.record(unsure);
  sink.close();
  std::string text;
  for (const auto& entry : fs::directory_iterator(options.folder)) text += read_text_file(entry.path());
  const auto line = nlohmann::json::parse(text);
  CHECK(line.at("measures") == nlohmann::json{{"brightness", 0.1235}, {"contrast", 0.25}, {"sharpness", 12350.0}});
  CHECK(line.at("frame") == "query-" + sha256(bmp(1)).hex().substr(0, 32) + ".bmp");
  CHECK(line.at("review") == "unsure");
}

TEST_CASE("a prediction is kept when the frames folder cannot be written to", "[review]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "frames", "a file in the way");
  JsonlSinkOptions options;
  options.folder = folder / "sink";
  options.gather = 1ms;
  options.review = settings_for(folder);
  JsonlSink sink(options);
  sink.record(record_of(bmp(1), 0.6F));
  sink.close();
  CHECK(sink.counts().stored == 1);
}

}  // namespace animalctl::serve
