#pragma once

#include <string>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/drift/drift_report.h"

namespace animalctl::drift {

// The report as one HTML file that needs nothing else, of the form of a model's report (report/model_report.h): the
// verdict, each input's distribution now beside the reference's, and the most drifted pictures. `thumbnails[i]` is a
// JPEG file of report.images[i]; an empty or missing one shows none. Every text is escaped. Thread-safe.
std::string render_drift_page(const DriftReport& report, const std::vector<Bytes>& thumbnails);

}  // namespace animalctl::drift
