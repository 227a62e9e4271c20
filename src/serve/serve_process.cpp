#include "serve/serve_process.h"

#include <fmt/core.h>

#include <atomic>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "animalctl/base/log.h"
#include "serve/canary_follower.h"
#include "serve/dispatcher.h"
#include "serve/inference_api.h"
#include "serve/inference_service.h"
#include "serve/kserve_v1.h"
#include "serve/listeners.h"
#include "serve/management_api.h"
#include "serve/metrics.h"
#include "serve/metrics_api.h"
#include "serve/open_inference_v2.h"
#include "serve/openapi.h"
#include "serve/prediction_service.h"
#include "serve/snapshot.h"
#include "serve/startup.h"
#include "serve/tokens.h"
#include "serve/version_keeper.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kManagementBody = std::size_t{1} << 20;

// Which APIs one port answers.
struct Port {
  ListenAddress address;
  std::vector<std::string> apis;  // "inference", "management", "metrics"
};

// TorchServe lets APIs share an address.
std::vector<Port> ports_of(const ServeSettings& settings) {
  std::vector<Port> ports;
  const auto add = [&](const char* api, const ListenAddress& address) {
    for (Port& port : ports) {
      if (address.port != 0 && port.address == address) {
        port.apis.emplace_back(api);
        return;
      }
    }
    ports.push_back({address, {api}});
  };
  add("inference", settings.inference);
  add("management", settings.management);
  add("metrics", settings.metrics);
  return ports;
}

void log_warning(const std::string& sentence) {
  log::warning(sentence);
}

}  // namespace

struct ServeProcess::State {
  State(ServeSettings given, ConfigValues values, ModelManager::LoadModel load)
      : settings(std::move(given)),
        config(std::move(values)),
        models(settings, std::move(load)),
        service(models, metrics),
        listeners({settings.certificate_file, settings.private_key_file}) {
    models.set_ready(false);
    if (tokens_needed(settings)) tokens.emplace(settings.key_file, settings.token_lifetime);
  }

  http::Router router_of(const Port& port);
  void open(const Port& port);
  void open_prediction();
  void follow_canary();
  void save(std::string_view kind);

  const ServeSettings settings;
  const ConfigValues config;
  std::optional<Tokens> tokens;
  std::optional<SnapshotFolder> snapshots;
  std::string asked;
  std::atomic<bool> starting{true};
  bool stopped = false;
  Metrics metrics;
  ModelManager models;
  const InferenceService service;
  std::vector<std::unique_ptr<Dispatcher>> dispatchers;
  std::unique_ptr<PredictionApi> prediction;  // null: --no-prediction-api
  std::unique_ptr<CanaryFollower> follower;   // null until the models are registered
  std::unique_ptr<VersionKeeper> keeper;      // ends before the follower, which it wakes
  Listeners listeners;                        // last: no request outlives what answers it
};

http::Router ServeProcess::State::router_of(const Port& port) {
  http::Router router;
  nlohmann::ordered_json document;
  for (const std::string& api : port.apis) {
    if (api == "inference") {
      add_inference_routes(router, service);
      add_kserve_v1_routes(router, service);
      add_open_inference_v2_routes(router, service, &settings);
      document = inference_api_description();
    } else if (api == "management") {
      add_management_routes(router, models, settings, tokens ? &*tokens : nullptr);
      if (document.is_null()) document = management_api_description();
    } else {
      add_metrics_routes(router, service);
      if (document.is_null()) document = metrics_api_description();
    }
  }
  add_description_routes(router, document);
  return router;
}

void ServeProcess::State::open(const Port& port) {
  DispatchContext context{
      models, metrics, tokens ? &*tokens : nullptr, settings.cors, settings.max_response_size, [this] {
        return starting.load();
      }};
  dispatchers.push_back(std::make_unique<Dispatcher>(router_of(port), std::move(context)));
  const Dispatcher& dispatcher = *dispatchers.back();
  http::ServerOptions options;
  options.max_body_bytes = port.apis.front() == "inference" ? settings.max_request_size : kManagementBody;
  options.admit = [&dispatcher](const http::Request& head) { return dispatcher.admit(head); };
  options.refuse = [&dispatcher](int status, std::string_view message) { return dispatcher.refuse(status, message); };
  listeners.add(port.apis, port.address, std::move(options),
                [&dispatcher](http::Request& request) { return dispatcher.answer(request); });
}

void ServeProcess::State::open_prediction() {
  if (!settings.prediction) return;
  prediction = make_prediction_api(settings, service, tokens ? &*tokens : nullptr);
  http::ServerOptions options;
  options.max_body_bytes = settings.max_request_size;
  options.admit = [this](const http::Request& head) { return prediction->admit(head); };
  options.refuse = &PredictionApi::refuse;
  listeners.add({"prediction"}, *settings.prediction, std::move(options),
                [this](http::Request& request) { return prediction->answer(request); });
}

void ServeProcess::State::follow_canary() {
  if (!prediction) return;
  keeper = std::make_unique<VersionKeeper>(models, settings, [this] { follower->wake(); });
  follower =
      std::make_unique<CanaryFollower>(CanaryFollowing{settings.canary_config, [this] { return prediction->config(); },
                                                       [this] { prediction->reload(); }},
                                       *keeper);
  follower->start();
}

void ServeProcess::State::save(std::string_view kind) {
  if (!snapshots) return;
  try {
    snapshots->write(kind, config, asked, models.entries());
  } catch (const Error& error) {
    // What was registered is registered all the same.
    log::error("the snapshot of the registered models could not be written", {{"reason", error.what()}});
  }
}

ServeProcess::ServeProcess(ServeSettings settings, ConfigValues config, ModelManager::LoadModel load)
    : state_(std::make_unique<State>(std::move(settings), std::move(config), std::move(load))) {
  for (const Port& port : ports_of(state_->settings)) state_->open(port);
  state_->open_prediction();
  if (state_->tokens) {
    log::info("requests need a token (Authorization: Bearer …)", {{"key_file", state_->tokens->key_file().string()}});
  } else if (!state_->settings.inference.is_loopback() || !state_->settings.management.is_loopback()) {
    log::warning("anybody who reaches the listeners may use them: token authorization is switched off");
  }
}

ServeProcess::~ServeProcess() {
  stop();
}

void ServeProcess::start(const std::stop_token& stop) {
  State& state = *state_;
  state.listeners.start();
  std::optional<SavedModels> saved;
  const ServeSettings& settings = state.settings;
  StartupPlan asked = plan_startup(settings, state.models.store(), std::nullopt, "");
  ServeSettings resolved = settings;
  resolved.startup = asked.models;
  state.asked = startup_digest(resolved);
  if (settings.snapshot) saved = SnapshotFolder(settings.snapshot_folder).last(log_warning);
  const StartupPlan plan = plan_startup(settings, state.models.store(), saved, state.asked);
  if (!plan.models.empty()) log::info("registering models", {{"from", plan.origin}, {"count", plan.models.size()}});
  register_startup_models(state.models, settings, plan, stop);
  if (settings.snapshot) state.snapshots.emplace(settings.snapshot_folder);
  state.save("startup");
  state.models.on_change([this] { state_->save("snapshot"); });
  if (state.prediction) state.prediction->start();
  state.follow_canary();
  state.starting.store(false);
  state.models.set_ready(true);
  if (plan.models.empty()) log::info("no model is registered yet; register one, or start with --models");
}

std::vector<std::pair<std::string, std::string>> ServeProcess::urls() const {
  return state_->listeners.urls();
}

const ModelManager& ServeProcess::models() const {
  return state_->models;
}

void ServeProcess::reload() {
  if (!state_->prediction) return;
  state_->prediction->reload();
  log::info("the canary config was read again");
}

void ServeProcess::stop() {
  State& state = *state_;
  if (state.stopped) return;
  state.stopped = true;
  const Clock::time_point deadline = Clock::now() + state.settings.shutdown_grace;
  state.models.set_ready(false);
  if (state.follower) state.follower->stop();
  if (state.keeper) state.keeper->close();
  const std::size_t cut = state.listeners.stop(state.settings.shutdown_grace);
  if (cut > 0) log::warning("requests were cut off at the end of the grace period", {{"count", cut}});
  if (state.prediction) state.prediction->close();  // no request is left that could still be stored
  state.models.on_change({});
  if (!state.starting.load()) state.save("shutdown");
  state.models.close(deadline);
}

}  // namespace animalctl::serve
