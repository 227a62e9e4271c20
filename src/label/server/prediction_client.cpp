#include "label/server/prediction_client.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/http/base64.h"
#include "label/server/image_file.h"

namespace animalctl::label {
namespace {

// What is known of more names is forgotten: they may be asked about again.
constexpr std::size_t kMaxAsked = 500'000;

bool is_refusal(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

}  // namespace

std::optional<Prediction> parse_prediction(std::string_view body) {
  try {
    const nlohmann::json json = parse_json(body, "the model's answer");
    if (!json.is_object()) return std::nullopt;
    const auto animal = json.find("animal");
    const auto score = json.find("score");
    const auto version = json.find("version");
    if (animal == json.end() || !animal->is_string() || score == json.end() || !score->is_number()) return std::nullopt;
    Prediction prediction{to_upper(animal->get<std::string>()), score->get<double>(), 0};
    if (version != json.end() && version->is_number_integer()) prediction.version = version->get<int>();
    const bool sound = !prediction.label.empty() && prediction.score >= 0 && prediction.score <= 1;
    return sound ? std::optional(prediction) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

PredictionClient::PredictionClient(PredictionClientOptions options, LabelStore& store)
    : options_(std::move(options)), store_(store) {
  for (std::size_t i = 0; i < options_.threads + 1; ++i) {
    clients_.push_back(std::make_unique<http::Client>(options_.url, options_.http));
  }
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, i](const std::stop_token& stop) { work(stop, *clients_[i]); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { watch_health(stop); });
}

PredictionClient::~PredictionClient() {
  stop();
}

void PredictionClient::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  for (std::jthread& thread : threads_) thread.request_stop();
  for (const auto& client : clients_) client->stop();
  changed_.notify_all();
  threads_.clear();
}

PredictionClient::State PredictionClient::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void PredictionClient::set_state(State state) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == state) return;
    state_ = state;
    if (state == State::Unreachable) {
      for (const std::string& name : waiting_) pending_.erase(name);
      waiting_.clear();
    }
  }
  changed_.notify_all();
  if (state == State::On) {
    log::info("the model answers", {{"url", options_.url}});
  } else {
    log::warning("the model cannot be reached; labelling goes on without suggestions", {{"url", options_.url}});
  }
}

bool PredictionClient::is_due(const std::string& name) const {
  const auto asked = asked_.find(name);
  if (asked != asked_.end()) return asked->second >= 0 && asked->second < newest_version_;
  return true;
}

void PredictionClient::want(std::span<const std::string> names) {
  // Without the lock: the store has one of its own.
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    const std::optional<Item> item = store_.find(name);
    if (!item || item->state == ItemState::Rejected) continue;
    const std::lock_guard lock(mutex_);
    // Known from before this start, and as new as the model.
    const bool known = item->prediction && item->prediction->version >= newest_version_;
    if (!known && is_due(name) && !pending_.contains(name)) wanted.push_back(name);
  }
  const std::lock_guard lock(mutex_);
  if (stopped_ || state_ != State::On) return;
  for (auto name = wanted.rbegin(); name != wanted.rend(); ++name) {
    if (pending_.insert(*name).second) waiting_.push_front(*name);
  }
  while (waiting_.size() > options_.max_waiting) {
    pending_.erase(waiting_.back());
    waiting_.pop_back();
  }
  changed_.notify_all();
}

void PredictionClient::wait(std::span<const std::string> names, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] {
    if (stopped_ || state_ != State::On) return true;
    return std::none_of(names.begin(), names.end(),
                        [this](const std::string& name) { return pending_.contains(name); });
  });
}

void PredictionClient::work(const std::stop_token& stop, http::Client& client) {
  while (!stop.stop_requested()) {
    std::string name;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      name = std::move(waiting_.front());
      waiting_.pop_front();
    }
    bool reached = true;
    try {
      reached = ask(client, name);
    } catch (const std::exception& error) {
      log::debug("an image could not be shown to the model", {{"image", name}, {"reason", error.what()}});
      const std::lock_guard lock(mutex_);
      asked_[name] = -1;
    }
    {
      const std::lock_guard lock(mutex_);
      pending_.erase(name);
    }
    changed_.notify_all();
    if (!reached && !stop.stop_requested()) set_state(State::Unreachable);
  }
}

bool PredictionClient::ask(http::Client& client, const std::string& name) {
  std::string body;
  {
    const ImageFile file(store_, name);
    body = R"({"base_64_str":")" + http::base64_encode(file.read(options_.max_image_bytes)) + "\"}";
  }
  const Result<http::ClientAnswer> answer = client.post("/predict", "application/json", std::move(body));
  if (!answer) return answer.error().code() != ErrorCode::Unavailable;
  const int status = answer.value().status;
  const std::optional<Prediction> prediction =
      status == 200 ? parse_prediction(answer.value().body) : std::optional<Prediction>();
  if (!prediction) {
    // 5xx: the model is there but busy or not ready; it is asked when somebody wants it again.
    if (is_refusal(status) || status == 200) {
      const std::lock_guard lock(mutex_);
      asked_[name] = -1;
    }
    return true;
  }
  const std::pair<std::string, Prediction> told{name, *prediction};
  store_.remember_predictions(std::span(&told, 1));
  const std::lock_guard lock(mutex_);
  if (asked_.size() >= kMaxAsked) asked_.clear();
  asked_[name] = std::max(0, prediction->version);
  newest_version_ = std::max(newest_version_, prediction->version);
  return true;
}

void PredictionClient::watch_health(const std::stop_token& stop) {
  http::Client& client = *clients_.back();
  std::chrono::milliseconds pause = options_.first_pause;
  while (!stop.stop_requested()) {
    const Result<http::ClientAnswer> answer = client.get("/health");
    const bool well = answer && answer.value().status == 200;
    if (stop.stop_requested()) return;
    set_state(well ? State::On : State::Unreachable);
    pause = well ? options_.first_pause : std::min(pause * 2, options_.longest_pause);
    std::unique_lock lock(mutex_);
    const State seen = state_;
    // Looked at again at once when an answer did not come.
    changed_.wait_for(lock, stop, well ? options_.health_every : pause, [&] { return state_ != seen; });
  }
}

}  // namespace animalctl::label
