#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace animalctl {

// Calls work(i) for every i in [0, count) on `threads` threads (1: on the caller's). Items are taken
// one after the other, so slow ones do not hold up a share. `done(finished)` is called on the caller's thread
// with the number finished so far: after each item with one thread, else about 20 times a second and at the end.
// The first exception stops the rest and is rethrown here. Returns early when `stop` is requested; what was begun
// ends.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& done = {}, std::stop_token stop = {});

// Number of cores this process may use (affinity and cgroup CPU quota considered), at least 1.
int available_cores();

}  // namespace animalctl
