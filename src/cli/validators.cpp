#include "cli/validators.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <set>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/text.h"

namespace animalctl::cli {
namespace {

bool parse_finite(const std::string& text, double& value) {
  const char* const end = text.data() + text.size();
  const char* const begin = text.starts_with('+') ? text.data() + 1 : text.data();
  const auto [stop, code] = std::from_chars(begin, end, value);
  return code == std::errc() && stop == end && std::isfinite(value);
}

template <typename Accept>
CLI::Validator number_validator(const std::string& accepted, Accept accept) {
  return CLI::Validator(
      [accepted, accept](std::string& text) -> std::string {
        double value = 0;
        if (parse_finite(text, value) && accept(value)) return {};
        return fmt::format("\"{}\" is not {}", text, accepted);
      },
      "");
}

}  // namespace

CLI::Validator number_above(double bound) {
  return number_validator(fmt::format("a number above {}", bound), [bound](double x) { return x > bound; });
}

CLI::Validator number_from(double bound) {
  return number_validator(fmt::format("a number of at least {}", bound), [bound](double x) { return x >= bound; });
}

CLI::Validator number_between(double low, double high) {
  return number_validator(fmt::format("a number from {} to {}", low, high),
                          [low, high](double x) { return x >= low && x <= high; });
}

CLI::Validator integer_between(long long low, long long high) {
  return number_validator(fmt::format("a whole number from {} to {}", low, high), [low, high](double x) {
    return x == std::floor(x) && x >= static_cast<double>(low) && x <= static_cast<double>(high);
  });
}

CLI::Validator one_of(const std::vector<std::string>& accepted) {
  return CLI::Validator(
      [accepted](std::string& text) -> std::string {
        for (const std::string& word : accepted) {
          if (word == text) return {};
        }
        std::string words;
        for (const std::string& word : accepted) words += (words.empty() ? "" : ", ") + word;
        return fmt::format("\"{}\" is not one of {}", text, words);
      },
      "");
}

void declare_frames_dir(CLI::App& app, std::string& value) {
  app.add_option("--frames-dir", value, "Folder of the images")->type_name("DIR")->capture_default_str();
}

void declare_annotations_dir(CLI::App& app, std::string& value) {
  app.add_option("--annotations-dir", value, "Folder of the labels, one <stem>.json an image")
      ->type_name("DIR")
      ->capture_default_str();
}

void declare_model_dir(CLI::App& app, std::string& value) {
  app.add_option("--model-dir", value, "Folder of the models")->type_name("DIR")->capture_default_str();
}

void declare_classes(CLI::App& app, std::string& value) {
  app.add_option("--classes", value, "Class names, comma separated; their order gives the class numbers")
      ->type_name("LIST")
      ->capture_default_str();
}

std::vector<std::string> parse_classes(const std::string& value) {
  std::vector<std::string> classes;
  std::set<std::string> seen;
  for (const std::string& part : split(value, ',')) {
    std::string name = to_upper(trim(part));
    if (name.empty() || !seen.insert(name).second) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("--classes \"{}\": every class needs a name of its own, e.g. --classes cat,dog", value));
    }
    classes.push_back(std::move(name));
  }
  if (classes.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--classes \"{}\": at least two classes are needed, e.g. --classes cat,dog", value));
  }
  return classes;
}

void declare_threads(CLI::App& app, int& value) {
  app.add_option("--threads", value, "Threads that read and decode images; 0: one a core")
      ->type_name("N")
      ->check(integer_between(0, 1024))
      ->capture_default_str();
}

void declare_json(CLI::App& app, bool& value) {
  app.add_flag("--json", value, "Print the result as JSON");
}

}  // namespace animalctl::cli
