#include "process/child_registry.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "animalctl/process/child_process.h"

namespace animalctl::process {

ChildRegistry& ChildRegistry::instance() {
  static ChildRegistry registry;
  return registry;
}

pid_t ChildRegistry::fork_registered() {
  const std::lock_guard lock(mutex_);
  const pid_t pid = ::fork();
  if (pid > 0) children_.insert(pid);
  return pid;
}

int ChildRegistry::reap(pid_t pid, rusage& usage) {
  // Both under one lock: once it is reaped its number may be given to another child at once.
  const std::lock_guard lock(mutex_);
  int status = 0;
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  children_.erase(pid);
  return status;
}

int ChildRegistry::reap_others() {
  const std::lock_guard lock(mutex_);
  int count = 0;
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return count;
    // A child of ours that ended this moment stands first in the kernel's list; the next sweep sees those behind it.
    if (children_.contains(info.si_pid)) return count;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    ++count;
  }
}

int reap_orphans() {
  return ChildRegistry::instance().reap_others();
}

}  // namespace animalctl::process
