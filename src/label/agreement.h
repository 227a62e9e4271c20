#pragma once

#include <map>
#include <string>
#include <vector>

#include "animalctl/label/label_store.h"

namespace animalctl::label {

// Pairs of people who labelled the same images, with Cohen's kappa (Cohen 1960): (p_o - p_e) / (1 - p_e), where p_o is
// the share of images both gave one class and p_e what their shares of each class make likely by chance.
// `labels`: by image, by person.
std::vector<Agreement> agreement_of(const std::map<std::string, std::map<std::string, std::string>>& labels);

}  // namespace animalctl::label
