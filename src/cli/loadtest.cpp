#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/loadtest/hgrm.h"
#include "animalctl/loadtest/load_bodies.h"
#include "animalctl/loadtest/load_test.h"
#include "animalctl/loadtest/max_rate.h"
#include "animalctl/loadtest/request_form.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/exit_code.h"
#include "cli/loadtest_print.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

using namespace loadtest;

constexpr int kClosedConnections = 16;
constexpr int kOpenConnections = 256;
constexpr double kDefaultErrorShare = 0.01;

std::vector<std::string> form_words() {
  std::vector<std::string> words;
  for (const RequestForm form : all_request_forms()) words.emplace_back(to_string(form));
  return words;
}

std::pair<std::string, std::string> parse_header(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) {
    throw Error(ErrorCode::InvalidArgument, "--header needs \"Name: value\"; there is no colon in what was given");
  }
  return {std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))};
}

class LoadTest final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("URL", url_, "Where requests go, http or https; there is no default")->required();
    app.add_option("FILE", files_,
                   "Files sent as bodies, one a request, in turn; folders stand for all files below them");
    declare_requests(app);
    declare_load(app);
    declare_bounds(app);
    declare_json(app, json_);
    app.footer(
        "Latency counts from when a request was due: in an open loop (--rate) from its scheduled time, so that a\n"
        "server that stalls cannot hide it. Exit code 4 when a given bound does not hold, 5 when nothing answers.\n"
        "Examples: animalctl loadtest http://127.0.0.1:8080/predictions/animal photos --concurrency 16\n"
        "          animalctl loadtest http://127.0.0.1:8080/predictions/animal photos --find-max-rate --p99 15ms");
  }

  int run(Context& context) override {
    const LoadSettings settings = resolve();
    return find_max_rate_ ? search(context, settings) : measure(context, settings);
  }

 private:
  void declare_requests(CLI::App& app) {
    app.add_option("--form", form_, "How a file travels: torchserve (as it is), v2, v2-json, predict, upload or kserve")
        ->check(one_of(form_words()))
        ->capture_default_str();
    app.add_option("--method", method_, "HTTP method; by default POST with files, GET without")->type_name("METHOD");
    app.add_option("--header", headers_, "A header \"Name: value\" of every request; may be given again")
        ->type_name("LINE")
        ->allow_extra_args(false);
    app.add_option("--order", order_, "Order of the files: round-robin or random")
        ->check(one_of({"round-robin", "random"}))
        ->capture_default_str();
    app.add_option("--seed", seed_, "Seed of the arrivals and of --order random")
        ->check(integer_between(0, 9007199254740992))
        ->capture_default_str();
    app.add_option("--ca", ca_, "Certificates to trust for https (PEM); by default the system's")->type_name("FILE");
  }

  void declare_load(CLI::App& app) {
    app.add_option("--concurrency", concurrency_,
                   "Connections, each with one request at a time; with --rate the most requests on the way; 0: 16, "
                   "with --rate 256")
        ->check(integer_between(0, 65536))
        ->capture_default_str();
    app.add_option("--rate", rate_, "Open loop: requests a second on average, arriving at random; 0: closed loop")
        ->check(number_from(0))
        ->capture_default_str();
    app.add_option("--duration", duration_, "How long to measure, like 10s or 500ms")
        ->check(duration_text())
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--warmup", warmup_, "How long to send before measuring")
        ->check(duration_text(false))
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--requests", requests_, "End after so many measured requests")
        ->check(integer_between(1, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--timeout", timeout_, "Longest time for one request, from when it is due")
        ->check(duration_text())
        ->type_name("TIME")
        ->capture_default_str();
    app.add_flag("--no-keep-alive", no_keep_alive_, "A new connection for every request");
  }

  void declare_bounds(CLI::App& app) {
    app.add_option("--p99", p99_, "Bound: 99 % of the requests must be answered well within this time")
        ->check(duration_text())
        ->type_name("TIME");
    app.add_option("--max-error-share", max_error_share_, "Bound: share of requests that fail or are not answered 2xx")
        ->check(number_between(0, 1));
    app.add_flag("--find-max-rate", find_max_rate_, "Search the highest open-loop rate that keeps --p99");
    app.add_option("--max-probes", max_probes_, "Most rates tried by --find-max-rate, --duration each")
        ->check(integer_between(1, 100))
        ->capture_default_str();
    app.add_option("--histogram", histogram_, "Write the latencies as a percentile distribution (hgrm text)")
        ->type_name("FILE");
  }

  LoadSettings resolve() const {
    if (find_max_rate_ && p99_.empty()) {
      throw Error(ErrorCode::InvalidArgument, "--find-max-rate needs --p99, the bound to keep");
    }
    RequestTemplate common;
    common.url = http::parse_url(url_);
    common.form = parse_request_form(form_);
    common.method = !method_.empty() ? method_ : files_.empty() ? "GET" : "POST";
    common.keep_alive = !no_keep_alive_;
    for (const std::string& line : headers_) common.headers.push_back(parse_header(line));
    LoadSettings settings;
    settings.url = common.url;
    settings.requests = files_.empty() ? std::vector<std::string>{serialise_request(common)}
                                       : load_requests(common, {files_.begin(), files_.end()});
    settings.order = order_ == "random" ? Order::Random : Order::RoundRobin;
    settings.seed = seed_;
    settings.answers_have_bodies = common.method != "HEAD";
    settings.rate = rate_;
    const int usual = rate_ > 0 || find_max_rate_ ? kOpenConnections : kClosedConnections;
    settings.connections = concurrency_ > 0 ? concurrency_ : usual;
    settings.warmup = parse_duration(warmup_);
    settings.duration = parse_duration(duration_);
    settings.max_requests = requests_;
    settings.timeout = parse_duration(timeout_);
    settings.keep_alive = !no_keep_alive_;
    settings.ca_file = ca_;
    return settings;
  }

  int measure(Context& context, const LoadSettings& settings) const {
    const LoadReport report = run_load_test(settings, context.stop());
    const std::vector<std::string> broken = broken_bounds(report);
    if (!histogram_.empty()) write_file_atomic(histogram_, hgrm_text(report.good_latency));
    if (json_) {
      nlohmann::ordered_json json = load_report_json(report);
      json["broken_bounds"] = broken;
      context.print(json.dump(2));
    } else {
      const std::string loop =
          settings.rate > 0 ? fmt::format("open loop, {:g}/s, up to", settings.rate) : "closed loop,";
      context.print(fmt::format("{}: {} {} connections", settings.url.text(), loop, settings.connections));
      for (const std::string& line : load_report_lines(report)) context.print(line);
      for (const std::string& line : broken) context.print("BOUND: " + line);
    }
    return broken.empty() ? kExitDone : kExitCheckSaidNo;
  }

  std::vector<std::string> broken_bounds(const LoadReport& report) const {
    std::vector<std::string> broken;
    if (!p99_.empty()) {
      const double share = report.share_within(parse_duration(p99_));
      if (share < 0.99) {
        broken.push_back(fmt::format("{:.2f} % were answered well within {}, not 99 %", share * 100, p99_));
      }
    }
    if (max_error_share_ && report.error_share() > *max_error_share_) {
      broken.push_back(fmt::format("{:.3g} % failed or were refused, above {:.3g} %", report.error_share() * 100,
                                   *max_error_share_ * 100));
    }
    return broken;
  }

  int search(Context& context, const LoadSettings& settings) const {
    const RateBound bound{parse_duration(p99_), 0.99, max_error_share_.value_or(kDefaultErrorShare)};
    MaxRateSettings limits;
    limits.max_probes = max_probes_;
    limits.start = rate_ > 0 ? rate_ : first_rate(settings, context.stop());
    const Probe probe = load_probe(settings, bound, context.stop());
    const Probe shown = [&](double rate) {
      const RateProbe result = probe(rate);
      if (!json_) context.print(rate_probe_line(result));
      return result;
    };
    const MaxRate result = loadtest::find_max_rate(limits, shown, context.stop());
    if (json_) {
      context.print(max_rate_json(result).dump(2));
    } else {
      const char* const how = result.settled ? "" : ", and perhaps more: the search ended early";
      context.print(result.rate > 0 ? fmt::format("{:.1f}/s with 99 % within {}{}", result.rate, p99_, how)
                                    : fmt::format("No rate tried keeps 99 % within {}.", p99_));
    }
    return result.rate > 0 ? kExitDone : kExitCheckSaidNo;
  }

  // Half of what a short closed loop reaches.
  static double first_rate(const LoadSettings& settings, const std::stop_token& stop) {
    LoadSettings closed = settings;
    closed.connections = kClosedConnections;
    closed.duration = std::min<std::chrono::nanoseconds>(closed.duration, std::chrono::seconds(2));
    return std::max(1.0, run_load_test(closed, stop).good_per_second() / 2);
  }

  std::string url_;
  std::vector<std::string> files_;
  std::string form_ = "torchserve";
  std::string method_;
  std::vector<std::string> headers_;
  std::string order_ = "round-robin";
  std::uint64_t seed_ = 0;
  std::string ca_;
  int concurrency_ = 0;
  double rate_ = 0;
  std::string duration_ = "10s";
  std::string warmup_ = "1s";
  std::uint64_t requests_ = LoadSettings{}.max_requests;
  std::string timeout_ = "30s";
  bool no_keep_alive_ = false;
  std::string p99_;
  std::optional<double> max_error_share_;
  bool find_max_rate_ = false;
  int max_probes_ = MaxRateSettings{}.max_probes;
  std::string histogram_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_loadtest() {
  return std::make_unique<LoadTest>();
}

}  // namespace animalctl::cli
