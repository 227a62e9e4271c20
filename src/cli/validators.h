#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace animalctl::cli {

// Validators whose messages say what is accepted. All refuse NaN and infinities.
CLI::Validator number_above(double bound);               // x > bound
CLI::Validator number_from(double bound);                // x ≥ bound
CLI::Validator number_between(double low, double high);  // low ≤ x ≤ high
CLI::Validator integer_between(long long low, long long high);
CLI::Validator one_of(const std::vector<std::string>& accepted);  // exact spelling, lower case

// Flags shared by several commands: the same name, default and words everywhere.
inline constexpr const char* kDefaultFramesDir = "data/cats_and_dogs/frames";
inline constexpr const char* kDefaultAnnotationsDir = "data/cats_and_dogs/annotations";
inline constexpr const char* kDefaultModelDir = "models/cats_and_dogs";

void declare_frames_dir(CLI::App& app, std::string& value);
void declare_annotations_dir(CLI::App& app, std::string& value);
void declare_model_dir(CLI::App& app, std::string& value);
// --classes cat,dog (comma separated, at least two, case-insensitive, kept in upper case).
void declare_classes(CLI::App& app, std::string& value);
std::vector<std::string> parse_classes(const std::string& value);
// --threads (0: one a core).
void declare_threads(CLI::App& app, int& value);
// --json
void declare_json(CLI::App& app, bool& value);

}  // namespace animalctl::cli
