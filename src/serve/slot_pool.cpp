#include "serve/slot_pool.h"

namespace animalctl::serve {

Slot& SlotPool::take() {
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      slot = &slots_.emplace_back();
      free_.reserve(slots_.size());  // so that give_back() cannot fail
    } else {
      slot = free_.back();
      free_.pop_back();
    }
  }
  try {
    slot->input.resize(input_size_);
    slot->output.resize(output_size_);
  } catch (...) {
    give_back(*slot);
    throw;
  }
  slot->failure.reset();
  return *slot;
}

void SlotPool::give_back(Slot& slot) {
  const std::lock_guard lock(mutex_);
  free_.push_back(&slot);
}

}  // namespace animalctl::serve
