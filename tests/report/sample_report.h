#pragma once

#include "animalctl/report/model_report.h"

namespace animalctl::test {

// `count` images of two classes in turn, every fifth of them classified wrongly; no epochs, no settings.
ModelReport sample_report(std::size_t count);

// One finished epoch.
ReportEpoch sample_epoch(int epoch);

}  // namespace animalctl::test
