#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "animalctl/http/message.h"
#include "http/request_reader.h"
#include "http/transport.h"

namespace animalctl::http {

using Clock = std::chrono::steady_clock;

// Counts one request from its first byte until it is answered or its connection is closed.
class ActiveRequest {
 public:
  ActiveRequest() = default;
  explicit ActiveRequest(std::atomic<std::size_t>& count) : count_(&count) { ++*count_; }
  ActiveRequest(ActiveRequest&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  ActiveRequest& operator=(ActiveRequest&& other) noexcept {
    std::swap(count_, other.count_);
    other.end();
    return *this;
  }
  ~ActiveRequest() { end(); }

  explicit operator bool() const { return count_ != nullptr; }

 private:
  void end() {
    if (count_ != nullptr) --*count_;
    count_ = nullptr;
  }

  std::atomic<std::size_t>* count_ = nullptr;
};

enum class Phase {
  Handshake,  // of TLS
  Reading,    // waits for a request, or for the rest of one
  Writing,    // an answer that the client has not taken yet
  Lingering,  // answered for the last time: reads on so that the answer is not lost to a reset (RFC 9112 §9.6)
};

// What is to happen with a connection that can go no further now.
struct Step {
  bool close = false;
  IoStatus want = IoStatus::WantRead;
  bool idle = false;  // between requests: may be closed at any time
  Clock::time_point deadline;
};

// One client's connection. Belongs to the thread that took it from the table; only the fields at the end belong to
// the table.
struct Connection : std::enable_shared_from_this<Connection> {
  Connection(std::uint64_t number, std::unique_ptr<Transport> bytes, std::string peer, std::size_t max_body_bytes,
             Phase first)
      : id(number), transport(std::move(bytes)), address(std::move(peer)), reader(max_body_bytes), phase(first) {}

  const std::uint64_t id;
  const std::unique_ptr<Transport> transport;
  const std::string address;

  RequestReader reader;
  Phase phase;
  std::string pending;   // read, but of the next request
  Request request;       // once its head is there
  ActiveRequest active;  // while a request is read or answered
  Clock::time_point request_deadline;

  std::string output;                    // not all sent yet
  std::size_t sent = 0;                  // of it
  std::shared_ptr<const FileBody> file;  // the rest of the answer, behind `output`
  std::uint64_t file_read = 0;           // of it
  bool interim = false;                  // `output` is "100 Continue": the body follows
  bool close_after = false;
  bool linger = false;  // the client may still be sending
  Clock::time_point linger_until;

  // Guarded by the table's mutex.
  bool parked = false;
  bool idle = false;
  Clock::time_point deadline;
};

}  // namespace animalctl::http
