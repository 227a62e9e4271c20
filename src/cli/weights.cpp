#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/http/download.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/validators.h"
#include "cli/weights_table.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

const char* state_text(WeightsState state) {
  switch (state) {
    case WeightsState::Missing:
      return "no";
    case WeightsState::Present:
      return "yes";
    case WeightsState::Damaged:
      return "damaged";
  }
  return "";
}

class Weights final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ACTION", action_, "list or fetch")->required()->check(one_of({"list", "fetch"}));
    app.add_option("NAME", name_, "Weights to fetch, as list names them");
    // The long names come first: they are the environment variables' and the settings file's.
    app.add_option("--weights-dir,--dir", dir_, "Folder of the fetched files")->type_name("DIR")->capture_default_str();
    app.add_option("--weights-url,--base-url", url_, "Where the files are published; a mirror may stand in")
        ->type_name("URL")
        ->capture_default_str();
    declare_json(app, json_);
    app.footer(
        "Proxies are taken from https_proxy, http_proxy and no_proxy, trusted certificates from the system or the "
        "file\n"
        "that SSL_CERT_FILE names. An interrupted fetch goes on where it stopped.\n"
        "Example: animalctl weights fetch mobilenet_v2");
  }

  int run(Context& context) override {
    if (action_ == "fetch") {
      if (name_.empty()) {
        throw Error(ErrorCode::InvalidArgument, "weights fetch needs a NAME; `animalctl weights list` shows them");
      }
      return fetch(context);
    }
    if (!name_.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("weights list takes no NAME (\"{}\"); to download use `animalctl weights fetch`", name_));
    }
    return list(context);
  }

 private:
  int list(Context& context) const {
    if (json_) {
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (const WeightsRow& row : weights_table()) rows.push_back(row_json(row, weights_state(row, dir_)));
      context.print(rows.dump(2));
      return kExitDone;
    }
    context.print(fmt::format("{:<16} {:<28} {:>9}  {:>6}  {}", "NAME", "FILE", "SIZE", "TOP-1", "FETCHED"));
    for (const WeightsRow& row : weights_table()) {
      context.print(fmt::format("{:<16} {:<28} {:>5.1f} MiB  {:>5.1f}%  {}", row.name, row.file, row.mebibytes,
                                row.top1, state_text(weights_state(row, dir_))));
    }
    return kExitDone;
  }

  int fetch(Context& context) const {
    const WeightsRow& row = find_weights(name_);
    const fs::path target = fs::path(dir_) / row.file;
    const WeightsState state = weights_state(row, dir_);
    if (state == WeightsState::Present) {
      log::info(fmt::format("{} is there already and its checksum is right", target.string()));
      print_fetched(context, row);
      return kExitDone;
    }
    if (state == WeightsState::Damaged) log::warning(fmt::format("{} is damaged; fetching it anew", target.string()));
    http::DownloadRequest request;
    request.url = url_ + (url_.ends_with('/') ? "" : "/") + row.file;
    request.target = target;
    request.sha256_prefix = row.digest_prefix();
    request.max_bytes = row.max_bytes();
    log::info(
        fmt::format("fetching {} ({:.1f} MiB) from {}", row.file, row.mebibytes, http::parse_url(request.url).text()));
    const http::DownloadReport report = http::download(request, {}, context.terminal(), context.stop());
    if (report.resumed_from > 0) log::info(fmt::format("went on from byte {}", report.resumed_from));
    print_fetched(context, row);
    return kExitDone;
  }

  void print_fetched(Context& context, const WeightsRow& row) const {
    if (json_) {
      context.print(row_json(row, WeightsState::Present).dump(2));
    } else {
      context.print((fs::path(dir_) / row.file).string());
    }
  }

  nlohmann::ordered_json row_json(const WeightsRow& row, WeightsState state) const {
    nlohmann::ordered_json json;
    json["name"] = row.name;
    json["architecture"] = row.architecture;
    json["recipe"] = row.recipe;
    json["file"] = row.file;
    json["mebibytes"] = row.mebibytes;
    json["top1_percent"] = row.top1;
    json["fetched"] = state == WeightsState::Present;
    json["damaged"] = state == WeightsState::Damaged;
    json["path"] = (fs::path(dir_) / row.file).string();
    return json;
  }

  std::string action_;
  std::string name_;
  std::string dir_ = kDefaultWeightsDir;
  std::string url_ = kDefaultWeightsUrl;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_weights() {
  return std::make_unique<Weights>();
}

}  // namespace animalctl::cli
