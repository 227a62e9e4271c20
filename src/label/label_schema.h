#pragma once

#include "animalctl/lake/database.h"

namespace animalctl::label {

// Makes or updates the tables of docs/formats/label-database.md.
void migrate_label_tables(lake::Database& database);

}  // namespace animalctl::label
