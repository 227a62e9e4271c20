#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"

namespace animalctl::orchestrate {

// Tells a web address of decisions (docs/orchestrate.md): a POST of JSON a decision, signed with HMAC-SHA256 when there
// is a key, on a thread of its own. Never waits: what cannot be told within three tries, or when 256 wait already, is
// logged and dropped; the lake has it.
class Notifier {
 public:
  // Throws InvalidArgument (address, empty key), and what reading the key's file throws. An empty url: tells nobody.
  explicit Notifier(const NotifySettings& settings);
  // What waits is tried for at most 3 s more.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void tell(const lake::DecisionRow& decision);

 private:
  void work(const std::stop_token& stop);
  bool send(const std::string& body);

  std::string base_;  // scheme and authority
  std::string path_;
  std::string key_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;  // guarded by mutex_
  bool busy_ = false;                // guarded by mutex_
  std::jthread thread_;              // last: stops first
};

// The body of a POST.
std::string decision_json(const lake::DecisionRow& decision);

}  // namespace animalctl::orchestrate
