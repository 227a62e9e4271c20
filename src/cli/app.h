#pragma once

namespace animalctl::cli {

// Parses the command line, applies the settings, runs the command and returns the exit code. Prints every
// failure to stderr; throws nothing.
int run_program(int argc, char** argv);

}  // namespace animalctl::cli
