#include "serve/serve_settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/text.h"
#include "animalctl/http/url.h"

namespace animalctl::serve {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& value) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} = \"{}\" is no address to listen on; write http://HOST:PORT or https://HOST:PORT, e.g. "
                          "http://127.0.0.1:8080 or https://[::]:8443",
                          key, value));
}

}  // namespace

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

VersionSettings ModelConfig::over(VersionSettings settings) const {
  // One bound alone takes the other along.
  const VersionSettings given = settings;
  settings.min_workers =
      min_workers.value_or(max_workers ? std::min(given.min_workers, *max_workers) : given.min_workers);
  settings.max_workers = max_workers.value_or(min_workers ? *min_workers : given.max_workers);
  if (batch_size) settings.batch_size = *batch_size;
  if (max_batch_delay) settings.max_batch_delay = *max_batch_delay;
  if (response_timeout) settings.response_timeout = *response_timeout;
  if (startup_timeout) settings.startup_timeout = *startup_timeout;
  if (job_queue_size) settings.job_queue_size = *job_queue_size;
  return settings;
}

bool tokens_needed(const ServeSettings& settings) {
  return settings.tokens.value_or(!settings.inference.is_loopback() || !settings.management.is_loopback());
}

VersionSettings startup_settings(const ServeSettings& settings) {
  VersionSettings version = settings.version_defaults;
  const int workers = settings.default_workers > 0 ? settings.default_workers : available_cores();
  version.min_workers = workers;
  version.max_workers = workers;
  return version;
}

ListenAddress parse_listen_address(const std::string& key, const std::string& value, int default_port,
                                   int default_tls_port) {
  const std::string lower = to_lower(value);
  if (lower.starts_with("unix:")) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{} = \"{}\": sockets in the file system are not served; use http://127.0.0.1:PORT", key, value));
  }
  ListenAddress address;
  address.tls = lower.starts_with("https://");
  if (!address.tls && !lower.starts_with("http://")) refuse(key, value);
  std::string_view rest = std::string_view(lower).substr(address.tls ? 8 : 7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ \t") != std::string_view::npos) refuse(key, value);
  // Port 0 means any free one, which a URL's port may not be.
  const bool any_port = rest.ends_with(":0");
  if (any_port) rest.remove_suffix(2);
  const auto parsed = http::parse_host_port(rest, address.tls ? default_tls_port : default_port);
  if (!parsed || parsed->host.empty()) refuse(key, value);
  address.host = parsed->host;
  address.port = any_port ? 0 : parsed->port;
  return address;
}

}  // namespace animalctl::serve
