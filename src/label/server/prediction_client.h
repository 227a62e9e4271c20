#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "animalctl/http/client.h"
#include "animalctl/label/label_store.h"

namespace animalctl::label {

struct PredictionClientOptions {
  std::string url;  // of the prediction API: "http://localhost:8000"
  http::ClientOptions http;
  std::size_t threads = 2;
  std::size_t max_waiting = 2048;  // names; the oldest wishes go first when there are more
  std::uint64_t max_image_bytes = std::uint64_t{32} << 20;
  std::chrono::milliseconds health_every{5'000};
  std::chrono::milliseconds first_pause{500};  // while unreachable: doubled up to longest_pause
  std::chrono::milliseconds longest_pause{15'000};
};

// The answer of POST /predict {"animal", "score", "version"}; nothing when it has another form.
std::optional<Prediction> parse_prediction(std::string_view body);

// Asks the model for images ahead of the person who will label them, in threads of its own, and tells the store. An
// image is asked about once for each version of the model; one that the model refuses (4xx) not again. While the model
// cannot be reached nothing is asked but its health. Thread-safe.
class PredictionClient {
 public:
  enum class State : std::uint8_t { On, Unreachable };

  // Throws InvalidArgument: an address that is none. `store` must outlive this.
  PredictionClient(PredictionClientOptions options, LabelStore& store);
  ~PredictionClient();  // stop()
  PredictionClient(const PredictionClient&) = delete;
  PredictionClient& operator=(const PredictionClient&) = delete;

  State state() const;
  // Asks for those not yet asked, before what was wanted earlier; the first of `names` first. Does not wait.
  void want(std::span<const std::string> names);
  // Waits until nothing of `names` is waiting or under way, the model is unreachable, or `limit` is over.
  void wait(std::span<const std::string> names, std::chrono::milliseconds limit);
  void stop();

 private:
  void work(const std::stop_token& stop, http::Client& client);
  void watch_health(const std::stop_token& stop);
  // False when the model could not be reached.
  bool ask(http::Client& client, const std::string& name);
  bool is_due(const std::string& name) const;  // with mutex_ held
  void set_state(State state);

  const PredictionClientOptions options_;
  LabelStore& store_;
  std::vector<std::unique_ptr<http::Client>> clients_;  // one a thread; the last is the health's

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // All guarded by mutex_.
  State state_ = State::Unreachable;
  std::deque<std::string> waiting_;
  std::unordered_set<std::string> pending_;     // waiting or under way
  std::unordered_map<std::string, int> asked_;  // name → version that answered, or -1: refused
  int newest_version_ = -1;
  bool stopped_ = false;

  std::vector<std::jthread> threads_;  // last
};

}  // namespace animalctl::label
