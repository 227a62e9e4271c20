#include "animalctl/http/download.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "http/content_range.h"
#include "http/exchange.h"
#include "http/part_file.h"
#include "http/status_error.h"

namespace animalctl::http {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxRedirects = 5;
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::seconds kLongestRetryAfter{60};
constexpr std::uint64_t kProgressUnit = 1024;

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void really_sleep(std::chrono::milliseconds pause, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::move(stop), pause, [] { return false; });
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_pass(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// What If-Range accepts: a strong entity tag, else the date of the last change.
std::string validator_of(const ResponseHead& head) {
  std::string tag = head.header("ETag").value_or("");
  if (tag.starts_with('"')) return tag;
  return head.header("Last-Modified").value_or("");
}

std::string checked_prefix(const std::string& prefix) {
  std::string lower = to_lower(prefix);
  const bool hexadecimal = lower.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || lower.size() < 8 || lower.size() > 64) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is not the beginning of a SHA-256; 8 to 64 hexadecimal digits are needed", prefix));
  }
  return lower;
}

// One call of download(): the state that its tries share.
class Download {
 public:
  Download(const DownloadRequest& request, DownloadOptions options, ProgressSink& progress, std::stop_token stop)
      : request_(request),
        options_(std::move(options)),
        progress_(progress),
        stop_(std::move(stop)),
        url_(parse_url(request.url)),
        prefix_(request.any_content ? "" : checked_prefix(request.sha256_prefix)),
        part_(request.target) {
    if (!options_.environment) options_.environment = process_environment;
    if (!options_.sleep) options_.sleep = really_sleep;
  }

  DownloadReport run() {
    report_.resumed_from = can_resume() ? part_.size() : 0;
    transfer();
    verify();
    report_.bytes = part_.size();
    part_.commit();
    return report_;
  }

 private:
  // Why a try failed in a way that may pass.
  struct Failure {
    std::string reason;
    std::chrono::milliseconds at_least{0};
  };

  void transfer() {
    int failures = 0;
    while (true) {
      if (stop_.stop_requested()) throw_stopped();
      const std::uint64_t before = part_.size();
      const std::optional<Failure> failure = attempt();
      if (!failure) return;
      if (part_.size() > before) failures = 0;
      if (++failures > options_.retries) {
        throw Error(ErrorCode::Unavailable, fmt::format("cannot download {}: {}; tried {} times{}", url_.text(),
                                                        failure->reason, report_.retries + 1, kept_text()));
      }
      ++report_.retries;
      const auto doubled = options_.first_pause * (1LL << std::min(failures - 1, 20));
      const auto pause = std::max(std::min<std::chrono::milliseconds>(doubled, kLongestPause), failure->at_least);
      log::warning(
          fmt::format("{}; trying again in {:.0f} s", failure->reason, static_cast<double>(pause.count()) / 1e3));
      options_.sleep(pause, stop_);
    }
  }

  // One try, redirects followed; nothing when the part is whole.
  std::optional<Failure> attempt() {
    Url url = url_;
    for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
      offset_ = can_resume() ? part_.size() : 0;
      const ExchangeResult result = exchange(url);
      if (result.end == ExchangeEnd::Stopped) throw_stopped();
      if (result.end == ExchangeEnd::Lost) return Failure{result.reason};
      if (!is_redirect(result.head.status)) return judge(url, result);
      url = next_url(url, result.head);
    }
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot download {}: more than {} redirects, the last to {}; check the address",
                            url_.text(), kMaxRedirects, url.text()));
  }

  ExchangeResult exchange(const Url& url) {
    ExchangeRequest request{
        url, select_proxy(url, options_.environment), {}, options_.connect_timeout, options_.read_timeout};
    if (offset_ > 0) {
      request.headers.emplace_back("Range", fmt::format("bytes={}-", offset_));
      request.headers.emplace_back("If-Range", part_.origin()->validator);
    }
    const ProgressEnd ended{*this};
    return get(
        request, [&](const ResponseHead& head) { return accept(url, head); },
        [&](std::string_view bytes) { receive(bytes); }, stop_);
  }

  // Decides by the head whether the body is wanted, and prepares the part for it.
  bool accept(const Url& url, const ResponseHead& head) {
    total_.reset();
    if (head.status == 200) {
      if (const auto length = head.header("Content-Length")) total_ = parse_length(*length);
      require_room(url, total_.value_or(0));
      part_.restart({url_.text(), validator_of(head)});
      report_.resumed_from = 0;
    } else if (head.status == 206) {
      const auto range = parse_content_range(head.header("Content-Range").value_or(""));
      if (offset_ == 0 || !range || range->first != offset_) return false;
      total_ = range->total;
      require_room(url, total_.value_or(offset_));
    } else {
      return false;
    }
    progress_.begin(fmt::format("downloading {} (KiB)", request_.target.filename().string()),
                    static_cast<std::size_t>(total_.value_or(0) / kProgressUnit));
    progress_begun_ = true;
    return true;
  }

  // Refuses what is too large or has no room, before the transfer.
  void require_room(const Url& url, std::uint64_t total) const {
    if (total > request_.max_bytes) throw_too_large(url, total);
    const fs::path folder = request_.target.has_parent_path() ? request_.target.parent_path() : fs::path(".");
    std::error_code failed;
    const fs::space_info space = fs::space(folder, failed);
    // A whole new file reuses what the old part takes; a continued one keeps it.
    const std::uint64_t needed = total > part_.size() ? total - part_.size() : 0;
    if (!failed && space.available < needed) {
      throw Error(ErrorCode::ResourceExhausted,
                  fmt::format("the disk is too full for {}: {} more are needed in {}, {} are free; free some space and "
                              "run the command again",
                              url.text(), human_bytes(static_cast<double>(needed)), folder.string(),
                              human_bytes(static_cast<double>(space.available))));
    }
  }

  void receive(std::string_view bytes) {
    if (part_.size() + bytes.size() > request_.max_bytes) throw_too_large(url_, part_.size() + bytes.size());
    part_.append(bytes);
    progress_.advance(static_cast<std::size_t>(part_.size() / kProgressUnit));
  }

  std::optional<Failure> judge(const Url& url, const ExchangeResult& result) {
    const int status = result.head.status;
    if (result.end == ExchangeEnd::Complete) {
      if (!total_ || part_.size() == *total_) return std::nullopt;
      return Failure{fmt::format("{} ended after {} of {} bytes", url.text(), part_.size(), *total_)};
    }
    if (status == 206 || status == 416) {
      const auto range = parse_content_range(result.head.header("Content-Range").value_or(""));
      // The last call was interrupted between the last byte and the rename.
      if (status == 416 && range && offset_ > 0 && range->total == offset_) return std::nullopt;
      part_.restart({url_.text(), ""});
      return Failure{fmt::format("{} does not continue at byte {}", url.text(), offset_)};
    }
    if (!may_pass(status)) throw status_error(url.text(), status, proxy_text(url));
    Failure failure{fmt::format("{} answered with status {}", url.text(), status)};
    if (const auto seconds = parse_length(result.head.header("Retry-After").value_or(""))) {
      failure.at_least = std::min<std::chrono::seconds>(std::chrono::seconds(std::min<std::uint64_t>(*seconds, 3600)),
                                                        kLongestRetryAfter);
    }
    return failure;
  }

  Url next_url(const Url& from, const ResponseHead& head) const {
    const auto location = head.header("Location");
    if (!location) throw status_error(from.text(), head.status, proxy_text(from));
    Url next = resolve_location(from, *location);
    if (from.secure() && !next.secure()) {
      throw Error(ErrorCode::FailedPrecondition,
                  fmt::format("{} redirects from https to {}, which is not protected; refused. Use another address",
                              from.text(), next.text()));
    }
    if (request_.may_redirect && !request_.may_redirect(next)) {
      throw Error(ErrorCode::FailedPrecondition,
                  fmt::format("{} redirects to {}, which is not allowed; refused", from.text(), next.text()));
    }
    return next;
  }

  void verify() {
    report_.digest = part_.digest();
    if (report_.digest.hex().starts_with(prefix_)) return;
    const std::uint64_t size = part_.size();
    part_.discard();
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} has the wrong checksum: SHA-256 {} ({} bytes), but it must begin with {}; the download "
                            "was removed. Try again, or another mirror",
                            url_.text(), report_.digest.hex(), size, prefix_));
  }

  bool can_resume() const {
    if (part_.size() == 0) return false;
    const auto origin = part_.origin();
    return origin && origin->url == url_.text() && !origin->validator.empty();
  }

  std::string proxy_text(const Url& url) const {
    const auto proxy = select_proxy(url, options_.environment);
    return proxy ? fmt::format("{}:{}", proxy->host, proxy->port) : "";
  }

  std::string kept_text() const {
    if (part_.size() == 0) return "";
    return fmt::format("; {} are kept in {}, the same command goes on from there",
                       human_bytes(static_cast<double>(part_.size())), part_.path().string());
  }

  [[noreturn]] void throw_stopped() const {
    throw Error(ErrorCode::Cancelled, fmt::format("stopped the download of {}{}", url_.text(), kept_text()));
  }

  [[noreturn]] void throw_too_large(const Url& url, std::uint64_t bytes) const {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("{} is too large: {} bytes or more, the limit is {}; check the address", url.text(), bytes,
                            request_.max_bytes));
  }

  // Ends the progress display of a try, also when it throws.
  struct ProgressEnd {
    Download& download;
    ~ProgressEnd() {
      if (std::exchange(download.progress_begun_, false)) download.progress_.end();
    }
  };

  const DownloadRequest& request_;
  DownloadOptions options_;
  ProgressSink& progress_;
  std::stop_token stop_;
  Url url_;
  std::string prefix_;
  PartFile part_;
  DownloadReport report_;
  std::uint64_t offset_ = 0;            // where this try asks the server to go on
  std::optional<std::uint64_t> total_;  // size of the whole file, once announced
  bool progress_begun_ = false;
};

}  // namespace

DownloadReport download(const DownloadRequest& request, const DownloadOptions& options, ProgressSink& progress,
                        std::stop_token stop) {
  return Download(request, options, progress, std::move(stop)).run();
}

bool has_digest_prefix(const fs::path& file, std::string_view sha256_prefix) {
  return file_digest(file).hex().starts_with(to_lower(sha256_prefix));
}

}  // namespace animalctl::http
