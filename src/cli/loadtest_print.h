#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/loadtest/load_report.h"
#include "animalctl/loadtest/max_rate.h"

namespace animalctl::cli {

// A report as lines for a person.
std::vector<std::string> load_report_lines(const loadtest::LoadReport& report);
// The same as one JSON object; times in milliseconds.
nlohmann::ordered_json load_report_json(const loadtest::LoadReport& report);

std::string rate_probe_line(const loadtest::RateProbe& probe);
nlohmann::ordered_json max_rate_json(const loadtest::MaxRate& result);

}  // namespace animalctl::cli
