#pragma once

namespace animalctl::serve {

// The double whose shortest decimal is that of the float, as JSON should show it: 0.93, not 0.9300000071525574.
double shortest_double(float value);

}  // namespace animalctl::serve
