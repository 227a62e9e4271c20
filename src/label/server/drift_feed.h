#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "animalctl/label/label_store.h"

namespace animalctl::label {

// Tells the store which images lie far from what the model in service saw at first: those among the newest answers in
// the lake that are frames, each with its distance as the drift report ranks pictures by (docs/drift.md, "Most drifted
// pictures"). An image keeps what it was told until an answer about it is looked at again. A connection of its own.
class DriftFeed {
 public:
  // `store` outlives it.
  DriftFeed(std::string database, LabelStore& store);
  ~DriftFeed() { stop(); }
  DriftFeed(const DriftFeed&) = delete;
  DriftFeed& operator=(const DriftFeed&) = delete;

  // Looks once, unless the lake has no newer answer than the last time; gives how many images were told a distance.
  // Throws lake::Database's errors. Not while started.
  std::size_t look();
  // Looks now and then on a thread of its own; what fails is tried again the next time.
  void start(std::chrono::seconds every);
  void stop();

 private:
  void loop(const std::stop_token& stop, std::chrono::seconds every);

  std::string database_;
  LabelStore& store_;
  std::string newest_seen_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace animalctl::label
