#include "http/connection_table.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "animalctl/base/error.h"

namespace animalctl::http {
namespace {

int make_poller() {
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) throw error_from_errno(errno, "watch connections");
  return poller;
}

// One event only, then silence until the connection is parked again: it belongs to whoever got the event.
epoll_event event_for(const Connection& connection, IoStatus want) {
  epoll_event event{};
  event.events = (want == IoStatus::WantWrite ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT;
  event.data.u64 = connection.id;
  return event;
}

}  // namespace

ConnectionTable::ConnectionTable(std::function<void()> on_earlier)
    : on_earlier_(std::move(on_earlier)), poller_(make_poller()) {}

ConnectionTable::~ConnectionTable() {
  ::close(poller_);
}

bool ConnectionTable::add(const std::shared_ptr<Connection>& connection, const Step& step) {
  epoll_event event{};
  event.data.u64 = connection->id;
  event.events = EPOLLONESHOT;  // nothing yet: park() arms it
  if (::epoll_ctl(poller_, EPOLL_CTL_ADD, connection->transport->socket(), &event) != 0) return false;
  {
    const std::lock_guard lock(mutex_);
    connections_.emplace(connection->id, connection);
  }
  park(connection, step);
  return true;
}

std::shared_ptr<Connection> ConnectionTable::take(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->parked) return nullptr;
  found->second->parked = false;
  return found->second;
}

void ConnectionTable::park(const std::shared_ptr<Connection>& connection, const Step& step) {
  bool is_earlier = false;
  {
    const std::lock_guard lock(mutex_);
    // What has arrived but was not read yet is a request that has begun.
    const bool refused = step.idle && idle_refused_ && !connection->transport->has_input();
    if (step.close || refused) return erase(connection->id);
    connection->parked = true;
    connection->idle = step.idle;
    connection->deadline = step.deadline;
    is_earlier = step.deadline < next_deadline_;
    if (is_earlier) next_deadline_ = step.deadline;
  }
  // From here on it may be taken and removed by another thread; its socket stays open while `connection` does.
  epoll_event event = event_for(*connection, step.want);
  ::epoll_ctl(poller_, EPOLL_CTL_MOD, connection->transport->socket(), &event);
  if (is_earlier) on_earlier_();
}

void ConnectionTable::remove(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  erase(connection.id);
}

void ConnectionTable::erase(std::uint64_t id) {
  connections_.erase(id);
  if (connections_.empty()) empty_.notify_all();
}

std::vector<std::shared_ptr<Connection>> ConnectionTable::take_expired(Clock::time_point now, Clock::time_point& next) {
  std::vector<std::shared_ptr<Connection>> expired;
  const std::lock_guard lock(mutex_);
  next_deadline_ = Clock::time_point::max();
  for (const auto& [id, connection] : connections_) {
    // The last deadline of one that is taken counts as well: it will come back with a later one, and without it each
    // coming back would be the earliest and call for another look.
    if (connection->deadline > now) {
      next_deadline_ = std::min(next_deadline_, connection->deadline);
    } else if (connection->parked) {
      connection->parked = false;
      expired.push_back(connection);
    }
  }
  next = next_deadline_;
  return expired;
}

void ConnectionTable::refuse_idle() {
  const std::lock_guard lock(mutex_);
  idle_refused_ = true;
  std::erase_if(connections_, [](const auto& entry) {
    const Connection& connection = *entry.second;
    return connection.parked && connection.idle && !connection.transport->has_input();
  });
  if (connections_.empty()) empty_.notify_all();
}

void ConnectionTable::cut_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, connection] : connections_) connection->transport->cut();
  std::erase_if(connections_, [](const auto& entry) { return entry.second->parked; });
  if (connections_.empty()) empty_.notify_all();
}

std::size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

bool ConnectionTable::wait_until_empty(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, deadline, [this] { return connections_.empty(); });
}

}  // namespace animalctl::http
