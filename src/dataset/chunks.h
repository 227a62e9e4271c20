#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "animalctl/base/parallel.h"

namespace animalctl {

// parallel_for in runs of up to `chunk` items: for work of microseconds, where taking items one by one
// would cost more than the work. `threads` 0: one a core.
inline void parallel_chunks(std::size_t count, int threads, const std::function<void(std::size_t)>& work,
                            std::size_t chunk = 256) {
  const std::size_t chunks = (count + chunk - 1) / chunk;
  parallel_for(chunks, threads > 0 ? threads : available_cores(), [&](std::size_t index) {
    const std::size_t end = std::min(count, (index + 1) * chunk);
    for (std::size_t i = index * chunk; i < end; ++i) work(i);
  });
}

}  // namespace animalctl
