#include "serve/run_batch.h"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <vector>

namespace animalctl::serve {
namespace {

// Runs the slots' images together.
void run_together(const ServingModel& model, std::span<Slot* const> slots) {
  // Kept by the thread, so that a batch allocates nothing.
  thread_local std::vector<const float*> inputs;
  thread_local std::vector<float> outputs;
  const std::size_t size = model.row_size();
  inputs.clear();
  for (const Slot* const slot : slots) inputs.push_back(slot->input.data());
  outputs.resize(slots.size() * size);
  model.run(inputs, outputs);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    std::copy_n(outputs.data() + i * size, size, slots[i]->output.data());
  }
}

void run_alone(const ServingModel& model, Slot& slot) {
  try {
    Slot* const alone = &slot;
    run_together(model, {&alone, 1});
  } catch (const Error& error) {
    slot.failure = error;
  } catch (const std::exception& error) {
    slot.failure = Error(ErrorCode::Internal, fmt::format("the network failed: {}", error.what()));
  }
}

}  // namespace

void run_batch(const ServingModel& model, std::span<batching::Job* const> jobs) {
  thread_local std::vector<Slot*> slots;
  slots.clear();
  for (batching::Job* const job : jobs) slots.push_back(static_cast<Slot*>(job));
  if (slots.size() > 1) {
    try {
      run_together(model, slots);
      return;
    } catch (const std::exception&) {
      // Said by those that fail again.
    }
  }
  for (Slot* const slot : slots) run_alone(model, *slot);
}

}  // namespace animalctl::serve
