#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "animalctl/base/digest.h"
#include "animalctl/base/progress.h"
#include "animalctl/http/proxy.h"
#include "animalctl/http/url.h"

namespace animalctl::http {

// What to download, and what it must turn out to be.
struct DownloadRequest {
  std::string url;               // http or https; a password in it is never shown
  std::filesystem::path target;  // replaced only by a whole file with the right checksum
  std::string sha256_prefix;     // 8 to 64 hexadecimal digits, any case: the beginning of the file's SHA-256
  bool any_content = false;      // no checksum is known: sha256_prefix is not looked at
  std::uint64_t max_bytes = 0;   // a larger file is refused, before the transfer when its size is announced
  // Whether a redirect may be followed to this address; empty: any.
  std::function<bool(const Url& to)> may_redirect;
};

// Waits, or returns early when a stop is requested.
using Sleep = std::function<void(std::chrono::milliseconds pause, std::stop_token stop)>;

// How to download. The defaults are the program's; tests pass an environment and a sleep of their own.
struct DownloadOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // The longest silence of a server that is sending; there is no limit on the whole transfer.
  std::chrono::milliseconds read_timeout{30'000};
  // Further tries after a failure that may pass: 408, 429, 5xx, a lost connection. A try that brought bytes starts
  // the count anew. The pause doubles each time, up to 30 s; a Retry-After of the server (up to 60 s) is obeyed.
  int retries = 4;
  std::chrono::milliseconds first_pause{1'000};
  Environment environment;  // for the proxy (proxy.h); empty: the process's own
  Sleep sleep;              // empty: really waits
};

struct DownloadReport {
  std::uint64_t bytes = 0;         // of the whole file
  std::uint64_t resumed_from = 0;  // of these were there from an earlier call
  int retries = 0;
  Digest digest;
};

// Downloads a file in one durable step. The bytes gather in "<target>.part", with what the server said about them
// (entity tag or date) in "<target>.part.json"; an interrupted call leaves both, and the next goes on from there when
// the server still has the same file (Range and If-Range, RFC 9110 §13.1.5, §14.2), else from the start. Follows up
// to 5 redirects, never from https to http. Certificates are verified against the system's bundle, or the file that
// SSL_CERT_FILE names. Progress is counted in KiB.
// Throws InvalidArgument (address, checksum), NotFound (404, 410), FailedPrecondition (401, 403, 407, a redirect to
// http or to where it may not go, an unwritable folder), ResourceExhausted (larger than max_bytes, disk full),
// Unavailable (name not found, refused, certificate, status, lost too often, another process is downloading the same),
// DataLoss (checksum: the part is removed), Cancelled (stop was requested: the part is kept). Thread-safe for different
// targets; blocks the calling thread, where SIGPIPE is held back meanwhile.
DownloadReport download(const DownloadRequest& request, const DownloadOptions& options, ProgressSink& progress,
                        std::stop_token stop = {});

// True when the file's SHA-256 begins with `sha256_prefix` (hexadecimal, any case). Throws as read_file does.
bool has_digest_prefix(const std::filesystem::path& file, std::string_view sha256_prefix);

}  // namespace animalctl::http
