#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <mutex>
#include <set>

namespace animalctl::process {

// The children of ChildProcess that are not reaped yet, so that reap_orphans() never takes one of them. Thread-safe.
class ChildRegistry {
 public:
  static ChildRegistry& instance();

  // fork(), with the child registered before anybody can reap it. Returns as fork() does.
  pid_t fork_registered();
  // Reaps a registered child that has ended, and forgets it. Returns its wait status.
  int reap(pid_t pid, rusage& usage);
  // Reaps ended children that are not registered, and says how many.
  int reap_others();

 private:
  std::mutex mutex_;
  std::set<pid_t> children_;  // guarded by mutex_
};

}  // namespace animalctl::process
