#pragma once

#include "animalctl/lake/database.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"

namespace animalctl::orchestrate {

// What the champion's answers in the lake say: drift of what it is asked, and how often people who had not seen its
// answer say the same. Throws Database's errors.
LiveFacts read_live_facts(const OrchestrateSettings& settings, const Champion& champion, lake::Database& database);

}  // namespace animalctl::orchestrate
