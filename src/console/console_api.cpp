#include "console/console_api.h"

#include <fmt/core.h>

#include <charconv>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "console/answers.h"
#include "console/canary_view.h"
#include "console/log_stream.h"
#include "console/model_view.h"
#include "console/requests.h"
#include "console/run_view.h"

namespace animalctl::console {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::size_t kRunsShown = 100;
constexpr std::size_t kMostRuns = 1000;
constexpr std::size_t kDecisionsBesideRuns = 50;
// Answers that wait for a log hold a thread of the server each; above this they answer at once, and the page asks
// again.
constexpr int kMostWaiting = 16;

std::int64_t now_in_ms() {
  using namespace std::chrono;
  return floor<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::uint64_t whole_number(const std::string& text, std::string_view what) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} is \"{}\"; a whole number is needed", what, text));
  }
  return number;
}

// The body's members, of which all must be texts or whole numbers as told.
struct Order {
  std::string text(const char* key) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is missing, or no text", key));
    }
    return found->get<std::string>();
  }
  int version() const {
    const auto found = json.find("version");
    const bool fits = found != json.end() && found->is_number_unsigned() && found->get<std::uint64_t>() <= INT32_MAX;
    if (!fits) throw Error(ErrorCode::InvalidArgument, "\"version\" is missing, or no whole number from 0 on");
    return found->get<int>();
  }
  nlohmann::json json;
};

Order order_of(const http::Request& request) {
  try {
    Order order{parse_json(request.body, "the request")};
    if (order.json.is_object()) return order;
  } catch (const Error& error) {
    throw Error(ErrorCode::InvalidArgument, error.message());
  }
  throw Error(ErrorCode::InvalidArgument, "the request is no JSON object");
}

bool wants_events(const http::Request& request) {
  return request.header("Accept").value_or("").find("text/event-stream") != std::string::npos;
}

// Counts an answer that waits.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& count) : count_(count), mine_(++count) {}
  ~Waiting() { --count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  bool may() const { return mine_ <= kMostWaiting; }

 private:
  std::atomic<int>& count_;
  int mine_;
};

}  // namespace

ConsoleApi::ConsoleApi(ConsoleSettings settings, std::function<std::string(const http::Request&)> who)
    : settings_(std::move(settings)), who_(std::move(who)), drift_(settings_) {}

template <typename Work>
auto ConsoleApi::with_lake(Work&& work) const {
  const std::lock_guard lock(mutex_);
  try {
    if (!database_) {
      database_ = lake::Database::open(settings_.database);
      records_ = std::make_unique<lake::RunRecords>(*database_);
    }
    return work(*database_, *records_);
  } catch (const Error&) {
    // A connection that failed may be of no use any more; the next call makes another.
    records_.reset();
    database_.reset();
    throw;
  }
}

std::string ConsoleApi::person(const http::Request& request) const {
  const std::string name = who_ ? who_(request) : "";
  return name.empty() ? "somebody" : name;
}

http::Response ConsoleApi::runs(const http::Request& request) const {
  const std::size_t limit = limit_of(request, kRunsShown, kMostRuns);
  return json_answer(with_lake([&](lake::Database&, lake::RunRecords& records) {
    Json runs = Json::array();
    for (const lake::RunRow& row : records.newest_runs(limit)) runs.push_back(run_json(row));
    const std::vector<lake::DecisionRow> rows = records.newest_decisions("", kDecisionsBesideRuns);
    Json decisions = Json::array();
    for (const lake::DecisionRow& row : rows) decisions.push_back(decision_json(row));
    const std::optional<std::string> asked = open_request_reason(rows, "run-now");
    return Json{{"runs", std::move(runs)},
                {"decisions", std::move(decisions)},
                {"run_requested", asked ? Json(*asked) : Json(nullptr)}};
  }));
}

http::Response ConsoleApi::run(const http::Request& request) const {
  const std::string id = request.parameter("run");
  return json_answer(with_lake([&](lake::Database&, lake::RunRecords& records) {
    const std::optional<lake::RunRow> row = is_plain_name(id) ? records.find_run(id) : std::nullopt;
    if (!row) throw Error(ErrorCode::NotFound, fmt::format("there is no run {}", id));
    return run_detail_json(settings_, records, *row);
  }));
}

bool ConsoleApi::is_over(const std::string& run, const std::string& step) const {
  return with_lake([&](lake::Database&, lake::RunRecords& records) {
    const std::optional<lake::StepRow> row = records.find_step(run, step);
    if (row) return row->state != "running";
    const std::optional<lake::RunRow> whole = records.find_run(run);
    return !whole || whole->finished_ms.has_value();
  });
}

http::Response ConsoleApi::run_log(const http::Request& request) const {
  const std::string run = request.parameter("run");
  const std::string step = request.parameter("step");
  const std::filesystem::path file = step_log(settings_, run, step);
  std::error_code ignored;
  if (!is_plain_name(run) || !is_plain_name(step) ||
      (!std::filesystem::is_regular_file(file, ignored) && is_over(run, step))) {
    throw Error(ErrorCode::NotFound, fmt::format("the run {} has no log of a step {}", run, step));
  }
  std::string from = request.header("Last-Event-ID").value_or("");
  if (from.empty()) from = request.query_value("after").value_or("0");
  const bool events = wants_events(request);
  const Waiting waiting(waiting_);
  LogWait wait;
  if (!events || !waiting.may()) wait.longest = std::chrono::milliseconds(0);
  wait.is_over = [&] { return is_over(run, step); };
  wait.reader_is_there = request.client_is_there;
  const LogPart part = read_log(file, whole_number(from, "the place in the log"), wait, stop_.get_token());
  if (!events) return json_answer({{"text", part.text}, {"next", part.next}, {"complete", part.complete}});
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = log_events(part);
  return response;
}

http::Response ConsoleApi::models(const http::Request&) const {
  return json_answer(models_json(settings_));
}

http::Response ConsoleApi::version(const http::Request& request) const {
  const std::uint64_t version = whole_number(request.parameter("version"), "the version");
  if (version > INT32_MAX) throw Error(ErrorCode::NotFound, "there is no such version");
  return json_answer(version_json(settings_, request.parameter("model"), static_cast<int>(version)));
}

http::Response ConsoleApi::promote(const http::Request& request) const {
  const Order order = order_of(request);
  const int version = order.version();
  const std::string reason = require_reason(order.text("reason"));
  const std::string by = person(request);
  promote_by_hand(settings_, request.parameter("model"), version, reason, by);
  log::info("a version was promoted by hand",
            {{"model", request.parameter("model")}, {"version", version}, {"by", by}, {"reason", reason}});
  return json_answer({{"champion", version}});
}

http::Response ConsoleApi::roll_back(const http::Request& request) const {
  const Order order = order_of(request);
  const std::string reason = require_reason(order.text("reason"));
  const std::string by = person(request);
  const int champion = roll_back_by_hand(settings_, request.parameter("model"), reason, by);
  log::info("rolled back by hand",
            {{"model", request.parameter("model")}, {"version", champion}, {"by", by}, {"reason", reason}});
  return json_answer({{"champion", champion}});
}

http::Response ConsoleApi::drift(const http::Request&) const {
  http::Response response;
  response.content_type = "application/json";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = drift_.report();
  return response;
}

http::Response ConsoleApi::canary(const http::Request&) const {
  return json_answer(with_lake([&](lake::Database& database, lake::RunRecords& records) {
    return canary_json(settings_, database, records, now_in_ms());
  }));
}

http::Response ConsoleApi::ask(const http::Request& request) const {
  const Order order = order_of(request);
  const std::string what = order.text("request");
  const std::string reason = require_reason(order.text("reason"));
  const std::string by = person(request);
  with_lake(
      [&](lake::Database&, lake::RunRecords& records) { ask_orchestrator(records, what, reason, by, now_in_ms()); });
  log::info("the orchestrator is asked", {{"request", what}, {"by", by}, {"reason", reason}});
  return json_answer({{"request", what}, {"reason", reason}});
}

}  // namespace animalctl::console
