#include "label/server/label_process.h"

#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "label/server/drift_feed.h"
#include "label/server/label_dispatcher.h"
#include "label/server/label_routes.h"

namespace animalctl::label {
namespace {

constexpr double kBurst = 400;  // a grid of thumbnails asks for many at once
constexpr std::size_t kMaxThreads = 256;

bool is_loopback_host(const std::string& host) {
  return host == "localhost" || is_loopback_address(host);
}

bool uses_tokens(const LabelServerSettings& settings) {
  return settings.tokens.value_or(!is_loopback_host(settings.host));
}

std::unique_ptr<Access> make_access(const LabelServerSettings& settings) {
  return uses_tokens(settings) ? std::make_unique<Access>(settings.token_file) : std::make_unique<Access>();
}

GuardSettings guard_of(const LabelServerSettings& settings) {
  GuardSettings guard;
  guard.hosts = settings.allowed_hosts;
  if (!is_loopback_host(settings.host)) {
    guard.hosts.push_back(settings.host);
    guard.numeric_hosts = true;
  }
  guard.origins = settings.cors_origins;
  guard.same_site_reads = !settings.cors_origins.empty();
  return guard;
}

}  // namespace

struct LabelProcess::State {
  explicit State(LabelServerSettings given)
      : settings(std::move(given)),
        access(make_access(settings)),
        folder(settings.web_root.empty() ? nullptr : std::make_unique<WebFolder>(settings.web_root)),
        console_folder(make_console_folder()),
        store(LabelStore::open(settings.store)),
        predictions(make_predictions()),
        drift(settings.console.database, *store),
        rate(settings.requests_per_second, std::max(kBurst, settings.requests_per_second)),
        context{*store, *access, predictions.get(), settings.blind_share},
        api(context),
        seed(context),
        transfer(context, {}),
        console(settings.console, [this](const http::Request& request) { return name_of_caller(request); }) {
    http::Router page_routes;
    add_page_routes(page_routes, {api, seed, transfer, console, folder.get(), console_folder.get()});
    listen("page", settings.port, std::move(page_routes), true);
    if (!settings.api_port) return;
    http::Router seed_routes;
    add_seed_routes(seed_routes, seed);
    listen("api", *settings.api_port, std::move(seed_routes), false);
  }

  // A folder given by --web-root may hold the labelling page alone.
  std::unique_ptr<WebFolder> make_console_folder() const {
    const std::filesystem::path place = settings.web_root / "console";
    std::error_code ignored;
    if (settings.web_root.empty() || !std::filesystem::exists(place / "index.html", ignored)) return nullptr;
    return std::make_unique<WebFolder>(place);
  }

  std::string name_of_caller(const http::Request& request) const {
    const std::optional<Caller> caller = access->caller_of(request);
    return caller ? caller->name : "";
  }

  std::unique_ptr<PredictionClient> make_predictions() {
    if (settings.predict_url.empty()) return nullptr;
    PredictionClientOptions options;
    options.url = settings.predict_url;
    return std::make_unique<PredictionClient>(std::move(options), *store);
  }

  void listen(const std::string& name, int port, http::Router router, bool is_page);

  const LabelServerSettings settings;
  const std::unique_ptr<Access> access;
  const std::unique_ptr<WebFolder> folder;
  const std::unique_ptr<WebFolder> console_folder;
  const std::unique_ptr<LabelStore> store;
  const std::unique_ptr<PredictionClient> predictions;
  DriftFeed drift;
  RateLimit rate;
  const LabelContext context;
  const LabelApi api;
  const SeedApi seed;
  const TransferApi transfer;
  console::ConsoleApi console;
  std::vector<std::unique_ptr<LabelDispatcher>> dispatchers;
  struct Listener {
    std::string name;
    std::unique_ptr<http::Server> server;
  };
  std::vector<Listener> listeners;  // last: no request outlives what answers it
  bool stopped = false;
};

void LabelProcess::State::listen(const std::string& name, int port, http::Router router, bool is_page) {
  DispatchSettings dispatch;
  dispatch.guard = guard_of(settings);
  dispatch.cors = {settings.cors_origins, {}, {"Content-Type"}};
  dispatch.login = is_page;
  dispatch.secure_cookie = settings.tls.has_value();
  dispatchers.push_back(std::make_unique<LabelDispatcher>(std::move(router), *access, rate, dispatch));
  const LabelDispatcher& dispatcher = *dispatchers.back();
  http::ServerOptions options;
  options.host = settings.host;
  options.port = port;
  options.tls = settings.tls;
  options.max_body_bytes = is_page ? dispatch.max_import_bytes : dispatch.max_json_bytes;
  options.max_connections = settings.max_connections;
  options.max_threads = kMaxThreads;
  options.admit = [&dispatcher](const http::Request& head) { return dispatcher.admit(head); };
  options.refuse = [&dispatcher](int status, std::string_view message) { return dispatcher.refuse(status, message); };
  listeners.push_back({name, std::make_unique<http::Server>(std::move(options), [&dispatcher](http::Request& request) {
                         return dispatcher.answer(request);
                       })});
}

LabelProcess::LabelProcess(LabelServerSettings settings) : state_(std::make_unique<State>(std::move(settings))) {
  if (!needs_token() && !is_loopback_host(state_->settings.host)) {
    log::warning("anybody who reaches this address may label, import and export: tokens are switched off");
  }
}

LabelProcess::~LabelProcess() {
  stop();
}

void LabelProcess::start() {
  for (const State::Listener& listener : state_->listeners) listener.server->start();
  if (state_->settings.drift_every.count() > 0) state_->drift.start(state_->settings.drift_every);
}

std::vector<std::pair<std::string, std::string>> LabelProcess::urls() const {
  std::vector<std::pair<std::string, std::string>> urls;
  for (const State::Listener& listener : state_->listeners) urls.emplace_back(listener.name, listener.server->url());
  return urls;
}

std::string LabelProcess::link() const {
  const std::string page = state_->listeners.front().server->url();
  const std::optional<Person> admin = state_->access->admin();
  return admin ? fmt::format("{}/login?token={}", page, admin->token) : page + "/";
}

bool LabelProcess::needs_token() const {
  return state_->access->needs_token();
}

LabelStore& LabelProcess::store() {
  return *state_->store;
}

void LabelProcess::reload() {
  state_->access->reload();
}

void LabelProcess::stop() {
  State& state = *state_;
  if (state.stopped) return;
  state.stopped = true;
  state.console.stop();
  std::vector<std::jthread> stopping;
  for (const State::Listener& listener : state.listeners) {
    stopping.emplace_back([&server = *listener.server, grace = state.settings.shutdown_grace] {
      const std::size_t cut = server.stop(grace);
      if (cut > 0) log::warning("requests were cut off at the end of the grace period", {{"count", cut}});
    });
  }
  stopping.clear();
  state.drift.stop();
  if (state.predictions) state.predictions->stop();
}

}  // namespace animalctl::label
