#pragma once

#include "animalctl/lake/database.h"

namespace animalctl::lake {

// Makes or brings up to date the tables of docs/formats/lake.md. Throws what migrate() throws.
void migrate_lake_tables(Database& database);

}  // namespace animalctl::lake
