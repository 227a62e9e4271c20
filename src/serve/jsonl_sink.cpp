#include "serve/jsonl_sink.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "serve/prediction_line.h"

namespace animalctl::serve {
namespace {

using Steady = std::chrono::steady_clock;

// Records whose pictures become durable together, and whose lines are written at once: all of them when there are no
// pictures, and few enough for open files when there are.
constexpr std::size_t kGroup = 128;

std::uint64_t size_of(const PredictionRecord& record) {
  return record.bytes ? record.bytes->size() : 0;
}

}  // namespace

JsonlSink::JsonlSink(JsonlSinkOptions options)
    : options_(std::move(options)),
      images_(options_.folder / "images"),
      frames_(options_.review),
      usual_(options_.review.unusual),
      file_(options_.folder, "predictions", options_.max_file_bytes),
      synced_(Steady::now()),
      writer_([this](const std::stop_token& stop) { run(stop); }) {}

JsonlSink::~JsonlSink() {
  close();
}

bool JsonlSink::wants_image(const PredictionRecord& record) const {
  return options_.store_images || review_reason(options_.review, record, usual_) != ReviewReason::None;
}

void JsonlSink::record(PredictionRecord record) noexcept {
  try {
    const std::uint64_t bytes = size_of(record);
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && queue_.size() < options_.max_queued && queued_bytes_ + bytes <= options_.max_queued_bytes) {
        queue_.push_back(std::move(record));
        queued_bytes_ += bytes;
        // The writer gathers anyway: it is woken by the first record and when half the room is taken.
        if (queue_.size() == 1 || queue_.size() * 2 == options_.max_queued) wake_.notify_one();
        return;
      }
    }
    drop(1, "the queue of the writer is full");
  } catch (const std::exception&) {
    drop(1, "no memory");
  }
}

void JsonlSink::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  writer_.request_stop();
  if (writer_.joinable()) writer_.join();
}

JsonlSink::Counts JsonlSink::counts() const {
  return {stored_.load(), dropped_.load()};
}

void JsonlSink::run(const std::stop_token& stop) {
  std::vector<PredictionRecord> batch;
  while (wait_for_records(stop, batch)) {
    for (std::size_t begin = 0; begin < batch.size(); begin += kGroup) {
      write(std::span(batch).subspan(begin, std::min(kGroup, batch.size() - begin)));
      sync_when_due(false);
    }
    batch.clear();
  }
  sync_when_due(true);
}

// Moves what is queued into `batch`; false when the sink is closed and the queue empty.
bool JsonlSink::wait_for_records(const std::stop_token& stop, std::vector<PredictionRecord>& batch) {
  std::unique_lock lock(mutex_);
  // With nothing to write it still wakes up to make the last lines durable.
  if (!wake_.wait_for(lock, stop, options_.sync_every, [&] { return !queue_.empty(); })) return !stop.stop_requested();
  wake_.wait_for(lock, stop, options_.gather, [&] { return queue_.size() * 2 >= options_.max_queued; });
  batch.swap(queue_);
  queued_bytes_ = 0;
  return true;
}

void JsonlSink::write(std::span<const PredictionRecord> records) {
  const std::vector<StoredPicture> stored = store_pictures(records);
  std::string day;
  std::string lines;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string record_day = utc_day(records[i].time);
    if (record_day != day || lines.size() >= options_.max_file_bytes / 4) {
      append(day, lines, std::exchange(count, 0));
      lines.clear();
      day = record_day;
    }
    lines += prediction_line(records[i], stored[i]);
    ++count;
  }
  append(day, lines, count);
}

void JsonlSink::append(const std::string& day, const std::string& lines, std::uint64_t count) {
  if (count == 0) return;
  try {
    file_.append(day, lines);
    stored_ += count;
  } catch (const std::exception& error) {
    drop(count, error.what());
  }
}

// Lines name pictures that are there: these come first.
std::vector<StoredPicture> JsonlSink::store_pictures(std::span<const PredictionRecord> records) {
  std::vector<StoredPicture> stored;
  stored.reserve(records.size());
  FileGroup files;
  for (const PredictionRecord& record : records) stored.push_back(begin_picture(record, files));
  take_back(files.commit(), records, stored);
  return stored;
}

StoredPicture JsonlSink::begin_picture(const PredictionRecord& record, FileGroup& files) {
  const ReviewReason reason = review_reason(options_.review, record, usual_);
  if (!options_.review.folder.empty()) usual_.learn(record);
  StoredPicture stored{"", "", to_string(reason)};
  // A record is worth keeping without its picture.
  try {
    if (options_.store_images && record.bytes) {
      stored.image_file = images_.store(record.image, as_byte_span(*record.bytes), files);
    }
  } catch (const std::exception& error) {
    complain("a picture is not stored", error.what());
  }
  try {
    stored.frame = frames_.store(record, reason, files);
  } catch (const std::exception& error) {
    complain("a picture is not put among the frames", error.what());
  }
  return stored;
}

void JsonlSink::take_back(const std::vector<FileGroup::Failure>& failures, std::span<const PredictionRecord> records,
                          std::vector<StoredPicture>& stored) {
  for (const FileGroup::Failure& failure : failures) {
    complain("a picture is not stored", failure.error.what());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (images_.folder() / stored[i].image_file == failure.target) stored[i].image_file.clear();
      if (stored[i].frame.empty() || frames_.path_of(stored[i].frame) != failure.target) continue;
      stored[i].frame.clear();
      frames_.forget(records[i].image);
    }
  }
}

void JsonlSink::sync_when_due(bool now) {
  if (!now && Steady::now() - synced_ < options_.sync_every) return;
  synced_ = Steady::now();
  try {
    file_.sync();
  } catch (const std::exception& error) {
    complain("predictions are not durable yet", error.what());
  }
}

void JsonlSink::drop(std::uint64_t count, std::string_view reason) noexcept {
  dropped_ += count;
  try {
    if (options_.dropped) options_.dropped(count);
    complain("predictions are not stored", reason);
  } catch (const std::exception&) {
    // Losing the log line of a lost record is all that is left to do.
  }
}

// With what was lost in all, because most losses have no line of their own.
void JsonlSink::complain(std::string_view what, std::string_view reason) {
  if (!log_limit_.due()) return;
  log::warning(what, {{"dropped_in_all", dropped_.load()}, {"reason", reason}});
}

}  // namespace animalctl::serve
