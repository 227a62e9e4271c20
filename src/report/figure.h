#pragma once

#include <string>

#include "report/svg_chart.h"

namespace animalctl {

// The chart under its title.
std::string figure(const Chart& chart);

}  // namespace animalctl
