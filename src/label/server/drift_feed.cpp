#include "label/server/drift_feed.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/drift/drift_report.h"
#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::label {
namespace {

// All pictures of the windows: they have some hundreds.
constexpr std::size_t kMostImages = 1000;

}  // namespace

DriftFeed::DriftFeed(std::string database, LabelStore& store) : database_(std::move(database)), store_(store) {}

std::size_t DriftFeed::look() {
  const auto database = lake::Database::open(database_);
  lake::PredictionFilter filter;
  filter.limit = 1;
  const std::vector<lake::PredictionRow> newest = lake::Predictions(*database).newest(filter);
  // The report costs a second or so; nothing new, nothing to tell.
  if (newest.empty() || newest.front().request_id == newest_seen_) return 0;
  drift::DriftQuery query;
  query.settings.most_drifted_images = kMostImages;
  std::vector<std::pair<std::string, double>> distances;
  for (const drift::DriftedImage& image : drift::drift_report(*database, query).images) {
    // Without a reference nothing can be far from it.
    if (image.frame.empty() || !(image.distance > 0)) continue;
    distances.emplace_back(std::filesystem::path(image.frame).filename().string(), image.distance);
  }
  if (!distances.empty()) store_.set_drift(distances);
  newest_seen_ = newest.front().request_id;
  return distances.size();
}

void DriftFeed::start(std::chrono::seconds every) {
  thread_ = std::jthread([this, every](const std::stop_token& stop) { loop(stop, every); });
}

void DriftFeed::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void DriftFeed::loop(const std::stop_token& stop, std::chrono::seconds every) {
  while (!stop.stop_requested()) {
    try {
      const std::size_t told = look();
      if (told > 0) log::info("images were told how far they have drifted", {{"count", told}});
    } catch (const Error& error) {
      log::warning("how far images have drifted cannot be told now", {{"reason", error.message()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, every, [] { return false; });
  }
}

}  // namespace animalctl::label
