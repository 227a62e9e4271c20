#include "cli/settings.h"

#include <fmt/core.h>

#include <toml++/toml.h>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "cli/command.h"

namespace animalctl::cli {
namespace {

// The replaced system's variable names; the flag they set.
constexpr std::pair<const char*, const char*> kSeedVariables[] = {
    {"frames-dir", "FRAMES_DIR"},
    {"annotations-dir", "ANNOTATIONS_DIR"},
    {"model-dir", "MODEL_DIR"},
    {"train-frac", "TRAIN_FRAC"},
    {"val-frac", "VAL_FRAC"},
    {"test-frac", "TEST_FRAC"},
    {"batch-size", "BATCH_SIZE"},
    {"lr", "LEARNING_RATE"},
    {"weight-decay", "WEIGHT_DECAY"},
    {"num-epochs", "NUM_EPOCHS"},
    {"min-accuracy-validation", "MIN_ACCURACY_VALIDATION"},
    {"threshold", "THRESHOLD"},
    {"device", "DEVICE"},
};

// Options that steer the settings themselves are never taken from them.
bool is_configurable(const CLI::Option& option) {
  if (option.get_positional() || option.get_lnames().empty()) return false;
  const std::string& name = option.get_lnames().front();
  return name != "help" && name != "version" && name != "config" && name != "print-config";
}

std::string variable_name(const std::string& flag) {
  std::string name = "ANIMALCTL_" + to_upper(flag);
  for (char& character : name) {
    if (character == '-') character = '_';
  }
  return name;
}

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
    return value.substr(1, value.size() - 2);
  }
  // Without quotes a comment may follow.
  const std::size_t comment = value.find(" #");
  return trim(value.substr(0, comment));
}

std::string toml_text(const toml::node& node, const std::string& key, const std::string& origin) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) joined += (joined.empty() ? "" : ",") + toml_text(item, key, origin);
    return joined;
  }
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("{}: {} holds a value of a kind that no setting has; use text, a number or a list", origin, key));
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

std::string quote(const std::string& text) {
  if (text == "true" || text == "false" || is_number(text)) return text;
  std::ostringstream stream;
  stream << toml::value<std::string>(text);
  return stream.str();
}

}  // namespace

std::optional<std::string> read_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

LayeredSettings::LayeredSettings(Lookup environment) : environment_(std::move(environment)) {}

void LayeredSettings::read_dot_env(std::string_view text, const std::string& origin) {
  dot_env_origin_ = origin;
  int number = 0;
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} line {}: \"{}\" is not NAME=VALUE", origin, number, line));
    }
    dot_env_[std::string(trim(line.substr(0, equals)))] = std::string(unquote(trim(line.substr(equals + 1))));
  }
}

void LayeredSettings::read_toml(std::string_view text, const std::string& origin) {
  file_origin_ = origin;
  try {
    const toml::table table = toml::parse(text, origin);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (const toml::table* section = node.as_table()) {
        for (const auto& [inner, value] : *section) {
          file_[name][std::string(inner.str())] = toml_text(value, std::string(inner.str()), origin);
        }
      } else {
        file_[""][name] = toml_text(node, name, origin);
      }
    }
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} line {}: not TOML: {}", origin, error.source().begin.line, error.description()));
  }
}

std::optional<LayeredSettings::Value> LayeredSettings::find(const std::string& command, const std::string& flag) const {
  std::vector<std::string> names = {variable_name(flag)};
  for (const auto& [seed_flag, variable] : kSeedVariables) {
    if (flag == seed_flag) names.emplace_back(variable);
  }
  for (const std::string& name : names) {
    if (const auto value = environment_(name)) return Value{*value, "environment " + name};
  }
  for (const std::string& name : names) {
    const auto entry = dot_env_.find(name);
    if (entry != dot_env_.end()) return Value{entry->second, dot_env_origin_ + " " + name};
  }
  for (const std::string& section : {command, std::string()}) {
    const auto table = file_.find(section);
    if (table == file_.end()) continue;
    const auto entry = table->second.find(flag);
    if (entry != table->second.end()) return Value{entry->second, file_origin_};
  }
  return std::nullopt;
}

void LayeredSettings::apply(CLI::App& command) const {
  const auto section = file_.find(command.get_name());
  if (section != file_.end()) {
    std::vector<std::string> known;
    for (const CLI::Option* option : command.get_options()) {
      if (is_configurable(*option)) known.push_back(option->get_lnames().front());
    }
    for (const auto& [key, value] : section->second) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const auto nearest = nearest_spelling(key, known);
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{}: [{}] has no setting \"{}\"{}", file_origin_, command.get_name(), key,
                              nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
    }
  }
  for (CLI::Option* option : command.get_options()) {
    if (!is_configurable(*option)) continue;
    const std::string& flag = option->get_lnames().front();
    if (option->count() > 0) {
      sources_[flag] = "command line";
      continue;
    }
    const auto value = find(command.get_name(), flag);
    if (!value) continue;
    try {
      option->add_result(value->text);
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("{} (from {})", error.what(), value->source));
    }
    sources_[flag] = value->source;
  }
}

std::string LayeredSettings::print(const CLI::App& command) const {
  std::string text = fmt::format("[{}]\n", command.get_name());
  for (const CLI::Option* option : command.get_options()) {
    if (!is_configurable(*option)) continue;
    const std::string& flag = option->get_lnames().front();
    const bool is_flag = option->get_type_size() == 0;
    std::string value = is_flag ? "false" : option->get_default_str();
    if (option->count() > 0) value = option->results().back();
    const auto source = sources_.find(flag);
    text += fmt::format("{} = {}  # {}\n", flag, value.empty() ? "\"\"" : quote(value),
                        source == sources_.end() ? "default" : source->second);
  }
  return text;
}

}  // namespace animalctl::cli
