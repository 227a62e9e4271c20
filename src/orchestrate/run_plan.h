#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl::orchestrate {

// What is settled when a run begins and must not change while it lasts: the `detail` of its row, as JSON.
struct RunPlan {
  std::string trigger;              // why it began
  std::string parent_architecture;  // of the champion; "" without one
  std::vector<std::string> parent_classes;
  std::filesystem::path parent_model;  // the champion's checkpoint; "" without one
  std::vector<std::int64_t> by_class;  // labels
  std::string canary;                  // how far its canary is, as JSON (canary_state.h); "" before it
};

std::string format_plan(const RunPlan& plan);
// Throws DataLoss naming the run.
RunPlan parse_plan(std::string_view text, const std::string& run);

}  // namespace animalctl::orchestrate
