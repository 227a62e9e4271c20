#include "orchestrate/warm_start.h"

#include <algorithm>
#include <array>

#include "animalctl/base/log.h"
#include "animalctl/base/text.h"

namespace animalctl::orchestrate {
namespace {

struct WarmArchitecture {
  std::string_view name;
  bool whole;  // it has no head that could give way to one for other classes
};

constexpr std::array<WarmArchitecture, 7> kWarmArchitectures = {{{"animalnet", true},
                                                                 {"smallcnn", true},
                                                                 {"mobilenet_v2", false},
                                                                 {"squeezenet1_1", false},
                                                                 {"resnet18", false},
                                                                 {"resnet34", false},
                                                                 {"resnet50", false}}};

bool champion_goes_on(const StepTools& tools) {
  const auto* const found =
      std::find_if(kWarmArchitectures.begin(), kWarmArchitectures.end(),
                   [&](const WarmArchitecture& row) { return row.name == tools.plan.parent_architecture; });
  if (found == kWarmArchitectures.end()) return false;
  const std::vector<std::string>& theirs = tools.plan.parent_classes;
  const std::vector<std::string>& ours = tools.settings.places.classes;
  const auto same = [](const std::string& left, const std::string& right) { return to_upper(left) == to_upper(right); };
  return !found->whole || std::equal(theirs.begin(), theirs.end(), ours.begin(), ours.end(), same);
}

}  // namespace

std::optional<std::string> chosen_setting(std::string_view printed, std::string_view flag) {
  const std::string begin = "\n" + std::string(flag) + " = ";
  const std::size_t line = printed.find(begin);
  if (line == std::string_view::npos) return std::nullopt;
  std::string_view value = printed.substr(line + begin.size());
  value = value.substr(0, value.find('\n'));
  const std::size_t source = value.rfind("  # ");
  if (source == std::string_view::npos || value.substr(source) == "  # default") return std::nullopt;
  value = value.substr(0, source);
  const bool quoted =
      value.size() >= 2 && value.front() == value.back() && (value.front() == '\'' || value.front() == '"');
  return std::string(quoted ? value.substr(1, value.size() - 2) : value);
}

std::vector<std::string> warm_start_flags(const StepTools& tools) {
  // Where the champion's weights do not fit the settings, the second attempt begins from what the settings say.
  if (!tools.settings.steps.warm_start || !tools.has_parent() || tools.failed_before) return {};
  if (!champion_goes_on(tools)) return {};
  const StepOutput settings = tools.runner.run(
      {{"train", "train.csv", "val.csv", "--print-config"}, tools.folder.log("train"), {0}}, tools.stop);
  const std::optional<std::string> chosen = chosen_setting(settings.text, "arch");
  if (chosen && *chosen != tools.plan.parent_architecture) {
    log::info("the settings ask for another architecture than the champion's: training begins from what they say",
              {{"settings", *chosen}, {"champion", tools.plan.parent_architecture}});
    return {};
  }
  return {"--arch", tools.plan.parent_architecture, "--weights", tools.plan.parent_model.string()};
}

}  // namespace animalctl::orchestrate
