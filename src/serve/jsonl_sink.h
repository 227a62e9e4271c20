#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "animalctl/base/file_group.h"
#include "serve/image_store.h"
#include "serve/log_limit.h"
#include "serve/prediction_line.h"
#include "serve/prediction_sink.h"
#include "serve/review_rule.h"
#include "serve/review_store.h"
#include "serve/rolling_file.h"

namespace animalctl::serve {

struct JsonlSinkOptions {
  std::filesystem::path folder;                      // predictions-<day>-<number>.jsonl, and images/ when they are kept
  bool store_images = false;                         // keep the pictures in images/
  ReviewSettings review;                             // which of them are put among the frames
  std::uint64_t max_file_bytes = 64 << 20;           // a file that would pass it is followed by the next
  std::size_t max_queued = 10'000;                   // records
  std::uint64_t max_queued_bytes = 64 << 20;         // of pictures that wait to be stored
  std::chrono::milliseconds gather{50};              // how long the writer waits for company before it writes
  std::chrono::seconds sync_every{5};                // what is older is durable
  std::function<void(std::uint64_t count)> dropped;  // told of every loss, on any thread; may be empty
};

// A sink of JSON lines (docs/formats/predictions-jsonl.md). record() puts into a bounded queue, one thread writes. A
// full disk or a folder that vanished costs the records of that time, which are counted and logged; writing goes on
// when it can.
class JsonlSink final : public PredictionSink {
 public:
  explicit JsonlSink(JsonlSinkOptions options);
  ~JsonlSink() override;  // close()
  JsonlSink(const JsonlSink&) = delete;
  JsonlSink& operator=(const JsonlSink&) = delete;

  bool wants_image(const PredictionRecord& record) const override;
  void record(PredictionRecord record) noexcept override;
  void close() override;

  struct Counts {
    std::uint64_t stored = 0;   // lines written
    std::uint64_t dropped = 0;  // records that are in no file
  };
  Counts counts() const;

 private:
  void run(const std::stop_token& stop);
  bool wait_for_records(const std::stop_token& stop, std::vector<PredictionRecord>& batch);
  void write(std::span<const PredictionRecord> records);
  void append(const std::string& day, const std::string& lines, std::uint64_t count);
  std::vector<StoredPicture> store_pictures(std::span<const PredictionRecord> records);
  StoredPicture begin_picture(const PredictionRecord& record, FileGroup& files);
  void take_back(const std::vector<FileGroup::Failure>& failures, std::span<const PredictionRecord> records,
                 std::vector<StoredPicture>& stored);
  void sync_when_due(bool now);
  void drop(std::uint64_t count, std::string_view reason) noexcept;
  void complain(std::string_view what, std::string_view reason);

  const JsonlSinkOptions options_;
  const ImageStore images_;
  ReviewStore frames_;   // the writer's
  UsualPictures usual_;  // the writer teaches it
  RollingFile file_;     // the writer's
  std::chrono::steady_clock::time_point synced_;

  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> dropped_{0};

  LogLimit log_limit_;

  mutable std::mutex mutex_;  // guards the four below
  std::condition_variable_any wake_;
  std::vector<PredictionRecord> queue_;
  std::uint64_t queued_bytes_ = 0;
  bool closed_ = false;

  std::jthread writer_;
};

}  // namespace animalctl::serve
