#include "orchestrate/notifier.h"

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/hmac.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "animalctl/http/client.h"
#include "animalctl/http/url.h"
#include "orchestrate/decisions.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostWaiting = 256;
constexpr int kTries = 3;
constexpr auto kPause = 1s;
constexpr auto kFarewell = 3s;

}  // namespace

Notifier::Notifier(const NotifySettings& settings) {
  if (settings.url.empty()) return;
  const http::Url url = http::parse_url(settings.url);
  base_ = fmt::format("{}://{}", url.scheme, url.authority());
  path_ = url.path;
  if (!settings.secret_file.empty()) {
    key_ = std::string(trim(read_text_file(settings.secret_file, 1 << 16)));
    if (key_.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} holds no key; write some random text into it", settings.secret_file.string()));
    }
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Notifier::~Notifier() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kFarewell, [this] { return waiting_.empty() && !busy_; });
}

void Notifier::tell(const lake::DecisionRow& decision) {
  if (base_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMostWaiting) {
    log::warning("a decision is not told: too many wait", {{"url", base_}});
    return;
  }
  waiting_.push_back(decision_json(decision));
  changed_.notify_all();
}

void Notifier::work(const std::stop_token& stop) {
  while (true) {
    std::string body;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      body = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
    }
    for (int attempt = 1; attempt <= kTries && !send(body); ++attempt) {
      if (attempt == kTries) log::warning("a decision could not be told", {{"url", base_}});
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, stop, attempt * kPause, [&stop] { return stop.stop_requested(); })) break;
      if (stop.stop_requested()) break;
    }
    const std::lock_guard lock(mutex_);
    busy_ = false;
    changed_.notify_all();
  }
}

// True when it has been taken, or never will be: a client's mistake is none that time heals.
bool Notifier::send(const std::string& body) {
  http::ClientOptions options;
  options.read_timeout = 3s;
  if (!key_.empty()) options.headers.emplace_back("X-Animalctl-Signature", "sha256=" + hmac_sha256(key_, body).hex());
  http::Client client(base_, options);
  const Result<http::ClientAnswer> answer = client.post(path_, "application/json", body);
  if (!answer) return false;
  const int status = answer.value().status;
  if (status >= 400 && status < 500) {
    log::warning("a decision was not taken", {{"url", base_}, {"status", status}});
    return true;
  }
  return status < 400;
}

std::string decision_json(const lake::DecisionRow& decision) {
  nlohmann::ordered_json json;
  json["time"] = iso_time(from_ms(decision.at_ms));
  json["run"] = decision.run;
  json["kind"] = decision.kind;
  json["verdict"] = decision.verdict;
  json["reason"] = decision.reason;
  const nlohmann::ordered_json detail = nlohmann::ordered_json::parse(decision.detail, nullptr, false);
  json["detail"] = detail.is_object() ? detail : nlohmann::ordered_json::object();
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace animalctl::orchestrate
