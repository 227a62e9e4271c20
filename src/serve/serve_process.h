#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "serve/config_properties.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// The model server: its listeners, its models, its snapshots. Used from one thread, but for ready().
class ServeProcess {
 public:
  // Binds every listener, writes the key file where tokens are needed. `config`: what the snapshots repeat. `load`
  // as ModelManager's; called by start() first. Throws what http::Server and Tokens throw.
  ServeProcess(ServeSettings settings, ConfigValues config, ModelManager::LoadModel load);
  ~ServeProcess();  // stop()
  ServeProcess(const ServeProcess&) = delete;
  ServeProcess& operator=(const ServeProcess&) = delete;

  // Accepts requests, which are told to wait, then registers the models of the configuration or of the last snapshot.
  // Ready when it returns. Throws what register_startup_models() throws.
  void start(const std::stop_token& stop);
  // Names and addresses of the listeners, e.g. {"inference", "http://127.0.0.1:8080"}.
  std::vector<std::pair<std::string, std::string>> urls() const;
  const ModelManager& models() const;
  // Reads again what may change while running: the canary's configuration.
  void reload();
  // Not ready, accepts no connection, answers what has arrived, for at most shutdown_grace. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
