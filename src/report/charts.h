#pragma once

#include <string>
#include <vector>

#include "animalctl/report/analysis.h"

namespace animalctl {

// A chart as a <figure> with its heading. Empty when there is nothing to show.
std::vector<std::string> training_figures(const std::vector<ReportEpoch>& epochs);
std::string roc_figure(const ModelReport& report, const ReportAnalysis& analysis);
std::string precision_recall_figure(const ModelReport& report, const ReportAnalysis& analysis);
std::string reliability_figure(const ReportAnalysis& analysis);
std::string histogram_figure(const ModelReport& report, const ReportAnalysis& analysis);

// As many classes are drawn in one chart; of more, those with the lowest area.
inline constexpr std::size_t kMostCurves = 8;

}  // namespace animalctl
