#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/http/url.h"
#include "animalctl/loadtest/load_report.h"

namespace animalctl::loadtest {

enum class Order { RoundRobin, Random };

// Ends a run whose outcome is known: when more than `count` requests of the window took longer than `latency` or have
// no good answer.
struct GiveUp {
  std::chrono::nanoseconds latency{};
  std::uint64_t count = 0;
};

// A run. The defaults bound it: eleven seconds, and however slow the server, `timeout` more.
struct LoadSettings {
  http::Url url;
  std::vector<std::string> requests;  // whole ones, as serialise_request makes them; at least one
  Order order = Order::RoundRobin;
  std::uint64_t seed = 0;           // of the order and of the arrivals
  bool answers_have_bodies = true;  // false for HEAD

  // Closed loop: this many connections, each sending its next request when the last is answered.
  int connections = 16;
  // Above 0: open loop, this many requests a second on average, due at the times of a Poisson process whatever the
  // server does. `connections` is then the largest number of requests on the way; further ones wait, and their waiting
  // is part of their latency.
  double rate = 0;

  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(10);  // of the measured window
  std::uint64_t max_requests = 10'000'000;                       // in the measured window
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);   // of one request, from when it is due
  bool keep_alive = true;                                        // false: a connection for each request
  std::string ca_file;  // https: trusted certificates (PEM); "" for the system's
  std::optional<GiveUp> give_up;
};

// Sends requests from the calling thread and returns what was measured; when `stop` is requested, what was measured up
// to then. One thread drives all connections without blocking (epoll); requests are sent as they are and answers are
// read only for status and length, so that the client costs little beside the server it measures.
// Throws InvalidArgument (settings out of range), Unavailable (the first connection cannot be made, or not a single
// request was answered), NotFound and DataLoss (ca_file).
LoadReport run_load_test(const LoadSettings& settings, std::stop_token stop = {});

}  // namespace animalctl::loadtest
