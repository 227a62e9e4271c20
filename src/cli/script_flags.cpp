#include "cli/script_flags.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

constexpr int kMaxSide = 4096;

[[noreturn]] void refuse(const char* flag, const std::string& value, const std::string& accepted) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("{} \"{}\": {}", flag, value, accepted));
}

// The whole text as a finite number; false when it is none.
template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  text = trim(text);
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && stop == text.data() + text.size() && std::isfinite(static_cast<double>(number));
}

std::vector<float> parse_channels(const char* flag, const std::string& value, bool positive) {
  std::vector<float> numbers;
  if (value.empty()) return numbers;
  for (const std::string& part : split(value, ',')) {
    float number = 0;
    if (!parse_number(part, number) || (positive && number <= 0)) {
      refuse(flag, value, positive ? "numbers above 0 are accepted" : "numbers are accepted");
    }
    numbers.push_back(number);
  }
  if (numbers.size() != 1 && numbers.size() != 3) {
    refuse(flag, value, "one number (grey images) or three (red, green, blue), comma separated, are accepted");
  }
  return numbers;
}

void parse_size(const std::string& value, ScriptOptions& options) {
  if (value.empty()) return;
  const std::vector<std::string> parts = split(value, 'x');
  int width = 0;
  int height = 0;
  const bool numbers = parts.size() <= 2 && parse_number(parts.front(), width) && parse_number(parts.back(), height);
  const auto fits = [](int side) { return side >= 1 && side <= kMaxSide; };
  if (!numbers || !fits(width) || !fits(height)) {
    refuse("--ts-size", value,
           fmt::format("a side (224) or WIDTHxHEIGHT (320x240) from 1 to {} is accepted", kMaxSide));
  }
  options.width = width;
  options.height = height;
}

void parse_fit(const std::string& value, ScriptOptions& options) {
  if (value.empty()) return;
  const std::vector<std::string> parts = split(value, ':');
  options.fit = parts.front() == "centre" ? Fit::Centre : Fit::Stretch;
  if (value == "stretch" || value == "centre") return;
  const bool share = parts.size() == 2 && parts.front() == "centre" && parse_number(parts[1], options.centre_share) &&
                     options.centre_share > 0 && options.centre_share <= 1;
  if (!share) {
    refuse("--ts-fit", value, "stretch, centre or centre:SHARE with a share above 0 and at most 1 is accepted");
  }
}

}  // namespace

void ScriptFlags::declare(CLI::App& app) {
  app.add_option("--ts-size", size, "Pixels it takes")->type_name("N|WxH")->group(kScriptGroup);
  app.add_option("--ts-mean", mean, "Mean of each channel, of values from 0 to 1")
      ->type_name("LIST")
      ->group(kScriptGroup);
  app.add_option("--ts-std", std, "Deviation of each channel")->type_name("LIST")->group(kScriptGroup);
  app.add_option("--ts-fit", fit, "stretch, centre or centre:SHARE: how an image is brought to its size")
      ->type_name("HOW")
      ->group(kScriptGroup);
  app.add_option("--ts-output", output, "What it gives: probabilities or logits")
      ->check(one_of({"probabilities", "logits"}))
      ->group(kScriptGroup);
}

ScriptOptions ScriptFlags::options() const {
  ScriptOptions options;
  parse_size(size, options);
  options.mean = parse_channels("--ts-mean", mean, false);
  options.std = parse_channels("--ts-std", std, true);
  parse_fit(fit, options);
  if (!output.empty()) options.output = output == "logits" ? ScriptOutput::Logits : ScriptOutput::Probabilities;
  return options;
}

}  // namespace animalctl::cli
