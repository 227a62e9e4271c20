// http_server_bench [--connections 16] [--seconds 3] [--body 10240] [--idle 0] [--slow 0] [--raw]
//
// Requests a second of a trivial handler, and the CPU time of the server's threads a request: what HTTP itself costs
// beneath `serve`. Clients are closed loops on kept connections, all on one thread of their own through epoll. --raw
// answers from a bare epoll loop instead, which reads to the end of the body and writes fixed bytes: the limit.
// --idle and --slow add connections that only stand there and ones that send a byte a second.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "animalctl/http/server.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  int connections = 16;
  int idle = 0;
  int slow = 0;
  double seconds = 3;
  std::size_t body = 10240;
  bool raw = false;
};

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    fmt::print(stderr, "cannot connect: {}\n", std::strerror(errno));
    std::exit(1);
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

void send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

// The bare loop: one thread, no parsing.
class RawServer {
 public:
  explicit RawServer(std::size_t request_size) : request_size_(request_size) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 128);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  int port() const { return port_; }

 private:
  void run(std::stop_token stop) {
    const std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 24\r\nContent-Type: application/json\r\n\r\n{\"animal\":\"cat\",\"s\":0.1}";
    const int poller = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{EPOLLIN, {.fd = listener_}};
    ::epoll_ctl(poller, EPOLL_CTL_ADD, listener_, &event);
    std::map<int, std::size_t> read;
    std::array<char, 65536> buffer;
    while (!stop.stop_requested()) {
      if (::epoll_wait(poller, &event, 1, 100) != 1) continue;
      if (event.data.fd == listener_) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        epoll_event added{EPOLLIN, {.fd = socket}};
        ::epoll_ctl(poller, EPOLL_CTL_ADD, socket, &added);
        continue;
      }
      const ssize_t count = ::recv(event.data.fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        ::close(event.data.fd);
        continue;
      }
      std::size_t& so_far = read[event.data.fd];
      so_far += static_cast<std::size_t>(count);
      if (so_far < request_size_) continue;
      so_far = 0;
      ::send(event.data.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    ::close(poller);
    ::close(listener_);
  }

  const std::size_t request_size_;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

struct Measured {
  std::vector<double> microseconds;
  double cpu = 0;
};

// The closed loops, until the time is over.
Measured run_clients(const Settings& settings, int port, const std::string& request) {
  Measured measured;
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  std::map<int, Clock::time_point> begun;
  for (int i = 0; i < settings.connections; ++i) {
    const int socket = connect_to(port);
    epoll_event event{EPOLLIN, {.fd = socket}};
    ::epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event);
    begun[socket] = Clock::now();
    send_all(socket, request);
  }
  const auto end = Clock::now() + std::chrono::duration<double>(settings.seconds);
  std::array<epoll_event, 64> events;
  std::array<char, 4096> buffer;
  while (Clock::now() < end) {
    const int count = ::epoll_wait(poller, events.data(), events.size(), 1000);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      // An answer is smaller than a segment: it comes whole.
      if (::recv(socket, buffer.data(), buffer.size(), 0) <= 0) {
        fmt::print(stderr, "a connection was lost\n");
        std::exit(1);
      }
      const auto now = Clock::now();
      measured.microseconds.push_back(std::chrono::duration<double, std::micro>(now - begun[socket]).count());
      begun[socket] = now;
      send_all(socket, request);
    }
  }
  for (const auto& [socket, time] : begun) ::close(socket);
  ::close(poller);
  measured.cpu = cpu_seconds(RUSAGE_THREAD);
  return measured;
}

void report(const Settings& settings, const char* name, Measured& clients, double server_cpu) {
  std::vector<double>& times = clients.microseconds;
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  const auto at = [&times](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  const auto count = static_cast<double>(times.size());
  fmt::print(
      "{{\"server\":\"{}\",\"connections\":{},\"idle\":{},\"slow\":{},\"body\":{},\"requests_per_second\":{:.0f},"
      "\"server_cpu_us\":{:.1f},\"client_cpu_us\":{:.1f},\"p50_us\":{:.0f},\"p99_us\":{:.0f},\"p999_us\":{:.0f}}}\n",
      name, settings.connections, settings.idle, settings.slow, settings.body, count / settings.seconds,
      server_cpu * 1e6 / count, clients.cpu * 1e6 / count, at(0.5), at(0.99), at(0.999));
}

Settings parse(int count, char** words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto next = [&] { return i + 1 < count ? std::atof(words[++i]) : 0.0; };
    if (word == "--connections")
      settings.connections = static_cast<int>(next());
    else if (word == "--idle")
      settings.idle = static_cast<int>(next());
    else if (word == "--slow")
      settings.slow = static_cast<int>(next());
    else if (word == "--seconds")
      settings.seconds = next();
    else if (word == "--body")
      settings.body = static_cast<std::size_t>(next());
    else if (word == "--raw")
      settings.raw = true;
  }
  return settings;
}

}  // namespace

int main(int count, char** words) {
  const Settings settings = parse(count, words);
  const std::string request =
      fmt::format(
          "POST /predictions/animal HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1.0\r\n"
          "Accept: */*\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
          settings.body) +
      std::string(settings.body, 'x');
  Measured clients;
  if (settings.raw) {
    RawServer server(request.size());
    std::thread([&] { clients = run_clients(settings, server.port(), request); }).join();
    const double all = cpu_seconds(RUSAGE_SELF);
    report(settings, "raw epoll", clients, all - clients.cpu);
    return 0;
  }
  animalctl::http::Server server({}, [](const animalctl::http::Request& got) {
    animalctl::http::Response response;
    response.status = got.body.empty() ? 400 : 200;
    response.content_type = "application/json";
    response.body = "{\"animal\":\"cat\",\"s\":0.1}";
    return response;
  });
  server.start();
  std::vector<int> others;
  for (int i = 0; i < settings.idle + settings.slow; ++i) others.push_back(connect_to(server.port()));
  std::jthread slow([&](std::stop_token stop) {
    std::size_t sent = 0;
    auto next = Clock::now();
    while (!stop.stop_requested() && settings.slow > 0) {
      for (int i = 0; i < settings.slow; ++i) send_all(others[static_cast<std::size_t>(i)], request.substr(sent, 1));
      ++sent;
      next += std::chrono::seconds(1);
      while (!stop.stop_requested() && Clock::now() < next) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  std::thread([&] { clients = run_clients(settings, server.port(), request); }).join();
  const double all = cpu_seconds(RUSAGE_SELF);
  report(settings, "animalctl", clients, all - clients.cpu);
  for (const int socket : others) ::close(socket);
  return 0;
}
