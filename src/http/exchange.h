#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/http/proxy.h"
#include "animalctl/http/url.h"

namespace animalctl::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ResponseHead {
  int status = 0;
  Headers headers;

  // The first value of a header; names compare without case.
  std::optional<std::string> header(std::string_view name) const;
};

struct ExchangeRequest {
  Url url;
  std::optional<Proxy> proxy;
  Headers headers;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds read_timeout{};
};

enum class ExchangeEnd {
  Complete,  // the whole body was delivered
  Declined,  // the head was enough: on_head said no, or the status has no body
  Lost,      // the connection broke or fell silent after it stood; `reason` says how
  Stopped,   // a stop was requested
};

struct ExchangeResult {
  ExchangeEnd end = ExchangeEnd::Lost;
  ResponseHead head;
  std::string reason;
};

// One GET, no redirect followed, no body decoded. on_head sees status and headers before the body and says whether it
// is wanted; on_body gets it piece by piece. What they throw is rethrown here. Throws Unavailable when no connection
// comes about: name, refusal, time-out, certificate. The only user of cpp-httplib's client.
ExchangeResult get(const ExchangeRequest& request, const std::function<bool(const ResponseHead&)>& on_head,
                   const std::function<void(std::string_view)>& on_body, std::stop_token stop);

}  // namespace animalctl::http
