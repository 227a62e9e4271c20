#include "animalctl/http/server.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "http/connection_driver.h"
#include "http/connection_table.h"
#include "http/listener.h"
#include "http/signal_event.h"
#include "http/tls.h"
#include "http/worker_pool.h"

namespace animalctl::http {
namespace {

// How long no connection is accepted after the process ran out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Connections above the limit that are being told so at once; further ones are closed without a word.
constexpr std::size_t kTurnedAwayAtOnce = 256;

// Rounded up: poll must not return before the time.
int milliseconds_until(Clock::time_point time) {
  if (time == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

}  // namespace

// One thread, the watcher, accepts connections and ends those whose deadline has passed; the pool's threads do the
// rest. The order of the members is the order of their making; threads end before what they use.
struct Server::State {
  State(ServerOptions given, Dispatch dispatch)
      : options(std::move(given)),
        tls(options.tls ? std::make_unique<TlsContext>(*options.tls) : nullptr),
        listener(options.host, options.port),
        port(listener.port()),
        driver(options, std::move(dispatch), draining, active),
        table([this] { wake.raise(); }),
        pool(table.poller(), std::max<std::size_t>(options.max_threads, 1),
             [this](std::uint64_t id, Workspace& workspace) { work(id, workspace); }) {}

  void work(std::uint64_t id, Workspace& workspace);
  Step guarded(const std::shared_ptr<Connection>& connection, const std::function<Step()>& drive);
  void watch();
  void accept_waiting(Workspace& workspace);
  void admit_connection(Listener::Accepted accepted, Workspace& workspace);
  void end_expired(Workspace& workspace);

  const ServerOptions options;
  std::atomic<bool> draining{false};
  std::atomic<bool> ended{false};
  std::atomic<std::size_t> active{0};
  std::binary_semaphore stopped_accepting{0};
  const std::unique_ptr<TlsContext> tls;
  Listener listener;
  const int port;
  const ConnectionDriver driver;
  SignalEvent wake;
  ConnectionTable table;
  WorkerPool pool;

  // The watcher's own.
  std::uint64_t last_id = 0;
  Clock::time_point next_deadline = Clock::time_point::max();
  Clock::time_point accept_again = Clock::time_point::min();
  bool told_of_shortage = false;

  std::mutex lifecycle;  // start and stop
  bool started = false;
  bool stopped = false;
  std::thread watcher;
};

void Server::State::work(std::uint64_t id, Workspace& workspace) {
  const std::shared_ptr<Connection> connection = table.take(id);
  if (!connection) return;
  table.park(connection, guarded(connection, [&] { return driver.drive(*connection, workspace); }));
}

// Memory that runs out ends one connection, not the process.
Step Server::State::guarded(const std::shared_ptr<Connection>& connection, const std::function<Step()>& drive) {
  try {
    return drive();
  } catch (const std::exception& error) {
    log::error("a connection was given up", {{"client", connection->address}, {"error", error.what()}});
  }
  Step step;
  step.close = true;
  return step;
}

void Server::State::watch() {
  block_sigpipe();
  const auto workspace = std::make_unique<Workspace>();
  while (!ended) {
    const bool paused = Clock::now() < accept_again;
    // poll passes over negative descriptors.
    std::array<pollfd, 2> waits{pollfd{wake.descriptor(), POLLIN, 0},
                                pollfd{paused ? -1 : listener.socket(), POLLIN, 0}};
    const Clock::time_point until = paused ? std::min(next_deadline, accept_again) : next_deadline;
    ::poll(waits.data(), waits.size(), milliseconds_until(until));
    if ((waits[0].revents & POLLIN) != 0) wake.clear();
    if (listener.socket() >= 0 && (draining || waits[1].revents != 0 || paused)) accept_waiting(*workspace);
    if (draining && listener.socket() >= 0) {
      // Who came before the end was accepted above.
      listener.close();
      table.refuse_idle();
      stopped_accepting.release();
    }
    end_expired(*workspace);
  }
}

void Server::State::accept_waiting(Workspace& workspace) {
  for (;;) {
    Listener::Accepted accepted;
    switch (listener.accept(accepted)) {
      case Listener::Outcome::Accepted:
        told_of_shortage = false;
        admit_connection(std::move(accepted), workspace);
        break;
      case Listener::Outcome::NoneWaiting:
        return;
      case Listener::Outcome::NoResources:
        if (!told_of_shortage) log::error("no more connections can be accepted: out of descriptors or memory");
        told_of_shortage = true;
        accept_again = Clock::now() + kAcceptPause;
        return;
    }
  }
}

void Server::State::admit_connection(Listener::Accepted accepted, Workspace& workspace) {
  std::unique_ptr<Transport> transport;
  try {
    transport = tls ? tls->accept(accepted.socket) : std::make_unique<Transport>(accepted.socket);
  } catch (const Error& error) {
    log::error("a connection was given up", {{"client", accepted.address}, {"error", error.what()}});
    return;
  }
  const auto connection = std::make_shared<Connection>(++last_id, std::move(transport), std::move(accepted.address),
                                                       options.max_body_bytes, tls ? Phase::Handshake : Phase::Reading);
  const std::size_t open = table.size();
  Step step = driver.first_step(*connection);
  if (open >= options.max_connections) {
    // Through TLS it would take a handshake first: closed without a word.
    if (tls || open >= options.max_connections + kTurnedAwayAtOnce) return;
    step = guarded(connection, [&] { return driver.turn_away(*connection, workspace); });
    if (step.close) return;
  }
  table.add(connection, step);
}

void Server::State::end_expired(Workspace& workspace) {
  for (const std::shared_ptr<Connection>& connection : table.take_expired(Clock::now(), next_deadline)) {
    const Step step = guarded(connection, [&] { return driver.expire(*connection, workspace); });
    table.park(connection, step);
    if (!step.close) next_deadline = std::min(next_deadline, step.deadline);
  }
}

Server::Server(ServerOptions options, Dispatch dispatch)
    : state_(std::make_unique<State>(std::move(options), std::move(dispatch))) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

int Server::port() const {
  return state_->port;
}

std::string Server::url() const {
  const std::string& host = state_->options.host;
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", state_->tls ? "https" : "http", brackets ? "[" : "", host, brackets ? "]" : "",
                     state_->port);
}

void Server::start() {
  const std::lock_guard lock(state_->lifecycle);
  if (state_->started) throw Error(ErrorCode::FailedPrecondition, "the HTTP server was started before");
  state_->pool.start();
  state_->watcher = std::thread([this] { state_->watch(); });
  state_->started = true;
}

std::size_t Server::stop(std::chrono::milliseconds grace) {
  State& state = *state_;
  const std::lock_guard lock(state.lifecycle);
  if (!state.started || state.stopped) return 0;
  state.stopped = true;
  const Clock::time_point until = Clock::now() + grace;
  state.draining = true;
  state.wake.raise();
  std::size_t cut = 0;
  // Without it the table might be empty because the last clients were not accepted yet.
  const bool accepted_all = state.stopped_accepting.try_acquire_until(until);
  if (!accepted_all || !state.table.wait_until_empty(until)) {
    cut = state.active;
    state.table.cut_all();
  }
  state.ended = true;
  state.wake.raise();
  state.watcher.join();
  state.pool.stop();
  return cut;
}

Server::Statistics Server::statistics() const {
  return {state_->table.size(), state_->active};
}

}  // namespace animalctl::http
