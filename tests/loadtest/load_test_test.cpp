#include "animalctl/loadtest/load_test.h"

#include <limits>

#include "animalctl/loadtest/max_rate.h"
#include "animalctl/loadtest/request_form.h"
#include "http/raw_server.h"
#include "loadtest/answering_server.h"
#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::AnsweringServer;
using test::require_error;
using test::whole_answer;

// Ends by count, not by time: as quick as the machine.
LoadSettings settings_for(const std::string& url, std::uint64_t requests, const std::string& body = "body") {
  RequestTemplate common;
  common.url = http::parse_url(url);
  LoadSettings settings;
  settings.url = common.url;
  settings.requests = {serialise_request(common, "a", body)};
  settings.warmup = milliseconds(0);
  settings.duration = seconds(60);
  settings.max_requests = requests;
  settings.connections = 4;
  return settings;
}

std::uint64_t failures(const LoadReport& report, FailureKind kind) {
  return report.failures[static_cast<std::size_t>(kind)];
}

AnsweringServer::Answer good(std::size_t, const std::string&) {
  return {whole_answer("200 OK", "{}")};
}

TEST_CASE("a closed loop sends exactly the requests asked for over the connections asked for", "[loadtest]") {
  AnsweringServer server(good);
  const LoadReport report = run_load_test(settings_for(server.url(), 500));
  CHECK(server.requests() == 500);
  CHECK(report.connections == 4);
  // One more, which found out whether the server is there.
  CHECK(server.connections() == 5);
  CHECK((report.answers() == 500 && report.failed() == 0 && report.error_share() == 0));
  CHECK(report.statuses == std::map<int, std::uint64_t>{{200, 500}});
  CHECK((report.seconds > 0 && report.seconds < 60));
  CHECK(report.answers_in_window == 500);
  CHECK(report.bytes_received == 500 * whole_answer("200 OK", "{}").size());
  CHECK((report.client_cpu_seconds > 0 && report.requests_begun == 500));
}

TEST_CASE("without keep-alive each request has a connection of its own", "[loadtest]") {
  AnsweringServer server(good);
  LoadSettings settings = settings_for(server.url(), 20);
  settings.keep_alive = false;
  CHECK(run_load_test(settings).connections == 20);
  CHECK(server.connections() == 21);
}

TEST_CASE("an open loop sends every arrival, however slow the server is", "[loadtest]") {
  AnsweringServer server(good);
  LoadSettings settings = settings_for(server.url(), 300);
  settings.rate = 20'000;
  settings.connections = 2;
  const LoadReport report = run_load_test(settings);
  CHECK((report.answers() == 300 && server.requests() == 300));
  CHECK(report.connections <= 2);
}

TEST_CASE("in an open loop a stall of the server shows in all requests due meanwhile", "[loadtest]") {
  // Coordinated omission would show one slow request.
  AnsweringServer server([](std::size_t number, const std::string&) -> AnsweringServer::Answer {
    if (number == 0) std::this_thread::sleep_for(milliseconds(300));
    return {whole_answer("200 OK", "")};
  });
  LoadSettings settings = settings_for(server.url(), 200);
  settings.rate = 1000;
  settings.connections = 1;
  const LoadReport report = run_load_test(settings);
  CHECK(report.good_latency.count() == 200);
  CHECK(report.good_latency.quantile(0.5) > milliseconds(100));
}

TEST_CASE("each file is sent in turn, or drawn by the seed", "[loadtest]") {
  for (const Order order : {Order::RoundRobin, Order::Random}) {
    std::map<char, int> seen;
    std::string sequence;
    AnsweringServer server([&](std::size_t, const std::string& request) -> AnsweringServer::Answer {
      ++seen[request.back()];
      sequence.push_back(request.back());
      return {whole_answer("200 OK", "")};
    });
    LoadSettings settings = settings_for(server.url(), 90);
    settings.order = order;
    settings.connections = 1;
    const std::string first = settings.requests[0];
    settings.requests = {first + "a", first + "b", first + "c"};
    for (std::string& request : settings.requests) {
      request.replace(request.find("Content-Length: 4"), 17, "Content-Length: 5");
    }
    (void)run_load_test(settings);
    CHECK(seen.size() == 3);
    if (order == Order::RoundRobin) CHECK(sequence.substr(0, 6) == "abcabc");
    if (order == Order::Random) CHECK(sequence.substr(0, 12) != "abcabcabcabc");
  }
}

TEST_CASE("statuses are counted, those other than 2xx apart, and a closed connection is opened anew", "[loadtest]") {
  AnsweringServer server([](std::size_t number, const std::string&) -> AnsweringServer::Answer {
    if (number % 4 != 3) return {whole_answer("200 OK", "{}")};
    return {"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true};
  });
  const LoadReport report = run_load_test(settings_for(server.url(), 100));
  CHECK(report.statuses == std::map<int, std::uint64_t>{{200, 75}, {503, 25}});
  CHECK((report.good_latency.count() == 75 && report.refused_latency.count() == 25));
  CHECK((report.failed() == 0 && report.error_share() == 0.25));
  CHECK(report.connections > 4);
}

TEST_CASE("what goes wrong with a request is counted by its kind", "[loadtest]") {
  AnsweringServer server([](std::size_t number, const std::string&) -> AnsweringServer::Answer {
    switch (number % 4) {
      case 0:
        return {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut short", true};
      case 1:
        return {"this is no HTTP\r\n\r\n", true};
      case 2:
        return {"", false, true};
      default:
        return {whole_answer("200 OK", "{}")};
    }
  });
  LoadSettings settings = settings_for(server.url(), 40);
  settings.timeout = milliseconds(100);
  const LoadReport report = run_load_test(settings);
  CHECK(report.answers() + report.failed() == 40);
  CHECK(failures(report, FailureKind::Closed) > 0);
  CHECK(failures(report, FailureKind::Malformed) > 0);
  CHECK(failures(report, FailureKind::Timeout) > 0);
}

TEST_CASE("large bodies arrive whole, and an early answer to one counts", "[loadtest]") {
  const std::string body(8 << 20, 'x');
  AnsweringServer server([&](std::size_t, const std::string& request) -> AnsweringServer::Answer {
    return {whole_answer(request.ends_with("\r\n\r\n" + body) ? "200 OK" : "400 Bad Request", "")};
  });
  const LoadReport report = run_load_test(settings_for(server.url(), 8, body));
  CHECK(report.statuses == std::map<int, std::uint64_t>{{200, 8}});
  CHECK(report.bytes_sent > 8 * body.size());
  // A server that answers after the head, without reading on.
  test::RawServer early([](const std::string&, std::size_t) -> test::RawServer::Answer {
    return {test::answer("413 Payload Too Large", ""), false};
  });
  LoadSettings settings = settings_for(early.url("/"), 3, body);
  settings.connections = 1;
  CHECK(run_load_test(settings).statuses == std::map<int, std::uint64_t>{{413, 3}});
}

TEST_CASE("a server that cannot be reached or answers nothing is unavailable", "[loadtest]") {
  const test::RefusingPort refusing;
  require_error(ErrorCode::Unavailable, "cannot reach 127.0.0.1", [&] {
    (void)run_load_test(settings_for("http://127.0.0.1:" + std::to_string(refusing.port()) + "/", 1));
  });
  require_error(ErrorCode::Unavailable, "look up no-such-host.invalid",
                [] { (void)run_load_test(settings_for("http://no-such-host.invalid/", 1)); });
  AnsweringServer silent([](std::size_t, const std::string&) -> AnsweringServer::Answer { return {"", true}; });
  require_error(ErrorCode::Unavailable, "answered none of 10 requests: 10 closed",
                [&] { (void)run_load_test(settings_for(silent.url(), 10)); });
}

TEST_CASE("a requested stop ends a run with what was measured", "[loadtest]") {
  std::stop_source stop;
  AnsweringServer server([&](std::size_t number, const std::string&) -> AnsweringServer::Answer {
    if (number == 50) stop.request_stop();
    return {whole_answer("200 OK", "{}")};
  });
  const LoadReport report = run_load_test(settings_for(server.url(), 10'000'000), stop.get_token());
  CHECK(report.interrupted);
  CHECK((report.answers() >= 40 && report.seconds < 60));
}

TEST_CASE("the highest rate of a real server is found within its bounds", "[loadtest]") {
  // One request at a time, 4 ms each: 250 a second at most.
  AnsweringServer server([](std::size_t, const std::string&) -> AnsweringServer::Answer {
    std::this_thread::sleep_for(milliseconds(4));
    return {whole_answer("200 OK", "{}")};
  });
  LoadSettings settings = settings_for(server.url(), 1'000'000);
  settings.connections = 16;
  settings.duration = milliseconds(400);
  settings.timeout = milliseconds(800);
  MaxRateSettings limits;
  limits.start = 1000;
  limits.max_probes = 8;
  const MaxRate result = find_max_rate(limits, load_probe(settings, {milliseconds(200), 0.99, 0.01}, {}));
  CHECK(!result.probes.front().holds);
  CHECK(result.rate < 300);
}

TEST_CASE("settings of a load test out of range are refused", "[loadtest]") {
  const auto refused = [](std::string_view part, auto change) {
    LoadSettings settings = settings_for("http://127.0.0.1:1/", 1);
    change(settings);
    require_error(ErrorCode::InvalidArgument, part, [&] { (void)run_load_test(settings); });
  };
  refused("no request", [](LoadSettings& s) { s.requests.clear(); });
  refused("0 connections", [](LoadSettings& s) { s.connections = 0; });
  refused("70000 connections", [](LoadSettings& s) { s.connections = 70'000; });
  refused("rate", [](LoadSettings& s) { s.rate = -1; });
  refused("rate", [](LoadSettings& s) { s.rate = std::numeric_limits<double>::infinity(); });
  refused("warm-up", [](LoadSettings& s) { s.warmup = milliseconds(-1); });
  refused("duration", [](LoadSettings& s) { s.duration = milliseconds(0); });
  refused("timeout", [](LoadSettings& s) { s.timeout = std::chrono::hours(25); });
  refused("at least one request", [](LoadSettings& s) { s.max_requests = 0; });
}

TEST_CASE("a certificate file that is missing or holds none is refused", "[loadtest]") {
  LoadSettings settings = settings_for("https://127.0.0.1:1/", 1);
  settings.ca_file = "/nonexistent/ca.pem";
  require_error(ErrorCode::NotFound, "ca.pem", [&] { (void)run_load_test(settings); });
  settings.ca_file = "/dev/null";
  CHECK_THROWS_AS(run_load_test(settings), Error);
}

}  // namespace
}  // namespace animalctl::loadtest
