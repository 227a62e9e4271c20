#pragma once

#include <cstddef>
#include <vector>

namespace animalctl {

// Plans memory for values of which each is needed for a while only: a buffer that is given back is taken again by a
// later value. Not thread-safe.
class BufferPlan {
 public:
  // A buffer of at least `bytes`: the smallest free one that is large enough, else the largest free one, which grows,
  // else a new one. Returns its number.
  std::size_t acquire(std::size_t bytes);
  void release(std::size_t buffer);

  // Byte offset of each buffer in one block, multiples of 64, and the block's size behind them.
  std::vector<std::size_t> offsets() const;

 private:
  struct Buffer {
    std::size_t bytes = 0;
    bool free = false;
  };
  std::vector<Buffer> buffers_;
};

}  // namespace animalctl
