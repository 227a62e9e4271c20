#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrate/pipeline_steps.h"

namespace animalctl::orchestrate {

// The flags of `train` that make it begin from the champion's weights; none where it must begin from what the settings
// say: warm starts are off, there is no champion, an attempt has failed already, the settings ask for another
// architecture, or the champion is of none that goes on (animalnet and smallcnn: with the same classes only). Asks
// `train --print-config` for the settings; throws what StepRunner::run() throws.
std::vector<std::string> warm_start_flags(const StepTools& tools);

// The value of a flag in what `--print-config` printed, unless it is the default.
std::optional<std::string> chosen_setting(std::string_view printed, std::string_view flag);

}  // namespace animalctl::orchestrate
