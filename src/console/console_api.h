#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "animalctl/http/message.h"
#include "animalctl/lake/database.h"
#include "animalctl/lake/run_records.h"
#include "console/console_settings.h"
#include "console/drift_cache.h"

namespace animalctl::console {

// The calls below /api/v1 (docs/labelling-api.md, "The console"): runs, models, drift, canary. Who asks is known and
// may: the caller has checked it. Members throw Error for what the caller did wrong. Thread-safe.
class ConsoleApi {
 public:
  // `who` names the person who sent a request; "" when nobody said. Nothing is opened before the first call.
  ConsoleApi(ConsoleSettings settings, std::function<std::string(const http::Request&)> who);

  http::Response runs(const http::Request& request) const;
  http::Response run(const http::Request& request) const;
  // Server-sent events, or JSON for who does not ask for them.
  http::Response run_log(const http::Request& request) const;
  http::Response models(const http::Request& request) const;
  http::Response version(const http::Request& request) const;
  http::Response promote(const http::Request& request) const;
  http::Response roll_back(const http::Request& request) const;
  http::Response drift(const http::Request& request) const;
  http::Response canary(const http::Request& request) const;
  http::Response ask(const http::Request& request) const;

  // Ends answers that wait for something new; they end at once from now on.
  void stop() { stop_.request_stop(); }

 private:
  // Calls work(database, records) under the lock of the one connection.
  template <typename Work>
  auto with_lake(Work&& work) const;
  bool is_over(const std::string& run, const std::string& step) const;
  std::string person(const http::Request& request) const;

  const ConsoleSettings settings_;
  const std::function<std::string(const http::Request&)> who_;
  std::stop_source stop_;
  mutable std::atomic<int> waiting_{0};  // answers that wait for a log
  mutable std::mutex mutex_;
  mutable std::unique_ptr<lake::Database> database_;  // guarded by mutex_, as the next
  mutable std::unique_ptr<lake::RunRecords> records_;
  mutable DriftCache drift_;
};

}  // namespace animalctl::console
