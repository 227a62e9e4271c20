#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/http/server.h"
#include "animalctl/label/label_store.h"
#include "console/console_settings.h"

namespace animalctl::label {

struct LabelServerSettings {
  LabelStoreOptions store;
  std::string host = "127.0.0.1";
  int port = 3000;                         // page and API; 0: any free one
  std::optional<int> api_port = 3001;      // the seed's calls alone; nothing: no such port
  std::optional<http::TlsFiles> tls;       // https on both ports
  std::filesystem::path token_file;        // used when `tokens`; made when it is not there
  std::optional<bool> tokens;              // nothing: wherever the host is no loopback
  std::vector<std::string> allowed_hosts;  // names in Host beside the loopback's and addresses in digits
  std::vector<std::string> cors_origins{"http://localhost:3000"};
  console::ConsoleSettings console;  // what the pages Runs, Models, Drift and Canary read
  std::string predict_url;           // "": no model is asked
  std::filesystem::path web_root;    // "": the embedded page
  double blind_share = 0.05;         // 0..1
  // How often it is looked up how far images have drifted (server/drift_feed.h), in console.database; 0: never.
  std::chrono::seconds drift_every{300};
  double requests_per_second = 200;  // of one address that is no loopback; 0: no limit
  std::size_t max_connections = 1024;
  std::chrono::milliseconds shutdown_grace{10'000};
};

// The label server: the store, its two listeners, the model's client. Used from one thread.
class LabelProcess {
 public:
  // Opens the store and binds the listeners. Throws what LabelStore::open(), http::Server, read_token_file(), WebFolder
  // and PredictionClient throw.
  explicit LabelProcess(LabelServerSettings settings);
  ~LabelProcess();  // stop()
  LabelProcess(const LabelProcess&) = delete;
  LabelProcess& operator=(const LabelProcess&) = delete;

  void start();
  // {"page", "http://127.0.0.1:3000"}, {"api", "http://127.0.0.1:3001"}.
  std::vector<std::pair<std::string, std::string>> urls() const;
  // What to open in a browser: the page, with the first admin's token where tokens are used.
  std::string link() const;
  bool needs_token() const;
  LabelStore& store();
  // Reads the tokens again. Throws what read_token_file() throws; those in use stay then.
  void reload();
  // Accepts no connection, answers what has arrived for at most shutdown_grace, finishes what was submitted.
  // Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::label
