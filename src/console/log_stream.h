#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace animalctl::console {

// What a log file has from a place on, whole lines only while the writer may still write.
struct LogPart {
  std::string text;        // UTF-8; other bytes are replaced
  std::uint64_t next = 0;  // where the next part begins
  bool complete = false;   // the writer has ended, and this is all
};

struct LogWait {
  std::chrono::milliseconds longest{15'000};  // how long to wait for something new
  std::chrono::milliseconds look_every{200};
  std::size_t most_bytes = std::size_t{256} << 10;
  std::function<bool()> is_over;          // the writer has ended; called before each look
  std::function<bool()> reader_is_there;  // empty: always
};

// Waits until the file has something after byte `from`, its writer has ended, or the time is up (then `text` is empty).
// A file that is not there (yet) is empty; one that has become shorter is read from its start. Thread-safe.
LogPart read_log(const std::filesystem::path& file, std::uint64_t from, const LogWait& wait,
                 const std::stop_token& stop);

// The part as server-sent events (HTML Living Standard §9.2): "log" with the text and the next place as its id, "end"
// when it is complete. The reader connects again `retry` milliseconds after the end of the answer and says in
// Last-Event-ID how far it is, so that an answer need not stay open for hours.
std::string log_events(const LogPart& part);

}  // namespace animalctl::console
