#pragma once

#include <string>

#include "animalctl/report/analysis.h"

namespace animalctl {

// Parts of the page, each an HTML element. All text is escaped.
std::string key_figures(const ModelReport& report, const ReportAnalysis& analysis);
// Counts and shares of each label's row; of many classes the most frequent confusions instead.
std::string confusion_table(const ModelReport& report, const ReportAnalysis& analysis);
std::string class_table(const ModelReport& report, const ReportAnalysis& analysis);
// Empty when there are no slices.
std::string slice_table(const ReportAnalysis& analysis);
// The most confident mistakes as pictures; a sentence when there are none.
std::string mistake_gallery(const ModelReport& report, const ReportAnalysis& analysis);
// Names and values in two columns; empty when there are none.
std::string value_table(const char* caption, const NamedValues& values);

}  // namespace animalctl
