#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/http/download.h"
#include "http/raw_server.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// Counts what a download shows.
class RecordedProgress final : public ProgressSink {
 public:
  void begin(std::string_view what, std::size_t total) override {
    names.emplace_back(what);
    totals.push_back(total);
  }
  void advance(std::size_t done) override {
    last = done;
    if (on_advance) on_advance();
  }
  void end() override { ++ended; }

  std::vector<std::string> names;
  std::vector<std::size_t> totals;
  std::size_t last = 0;
  std::size_t ended = 0;
  std::function<void()> on_advance;
};

// A folder, a file's content and a download of it that sees no environment and never really waits.
struct DownloadFixture {
  TemporaryFolder folder;
  std::string content = std::string(100'000, 'a') + std::string(50'000, 'b');
  std::map<std::string, std::string> variables;
  std::vector<std::chrono::milliseconds> pauses;
  RecordedProgress progress;
  http::DownloadRequest request;
  http::DownloadOptions options;

  DownloadFixture() {
    request.target = folder / "weights/file.pth";
    request.sha256_prefix = sha256(content).hex().substr(0, 8);
    request.max_bytes = 1'000'000;
    options.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto entry = variables.find(name);
      return entry == variables.end() ? std::nullopt : std::optional(entry->second);
    };
    options.sleep = [this](std::chrono::milliseconds pause, const std::stop_token&) { pauses.push_back(pause); };
  }

  http::DownloadReport run(const std::string& url, std::stop_token stop = {}) {
    request.url = url;
    return http::download(request, options, progress, std::move(stop));
  }

  std::filesystem::path part() const { return request.target.string() + ".part"; }
  std::filesystem::path origin() const { return request.target.string() + ".part.json"; }
  std::string downloaded() const { return read_text_file(request.target); }
  // Nothing but the target, if that.
  bool clean() const { return !std::filesystem::exists(part()) && !std::filesystem::exists(origin()); }

  // The rest of the content from the byte that a Range header names, as status 206.
  std::string rest(const std::string& head, const std::vector<std::string>& headers = {}) const {
    const std::string range = header_of(head, "Range");
    const std::size_t first = std::stoul(range.substr(range.find('=') + 1));
    std::vector<std::string> all = headers;
    all.push_back("Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(content.size() - 1) + "/" +
                  std::to_string(content.size()));
    return answer("206 Partial Content", content.substr(first), all);
  }
  // The announced length of all, the bytes of a beginning only.
  std::string cut(std::size_t bytes, const std::vector<std::string>& headers) const {
    return answer_head("200 OK", content.size(), headers) + content.substr(0, bytes);
  }
};

}  // namespace animalctl::test
