#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/base/file.h"

namespace animalctl {

// Named values in the order they are shown.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

// One epoch of the training run. A value that is not known is NaN and left out of the charts.
struct ReportEpoch {
  int epoch = 0;  // 0-based
  double train_loss = 0;
  double val_loss = 0;
  double val_accuracy = 0;  // 0..1
  double learning_rate = 0;
  double images_per_second = 0;
  bool best = false;  // the model file was written at this epoch
};

// One scored image. Names are bytes as the file system has them, valid UTF-8 or not.
struct ReportImage {
  std::string frame;                 // path
  int label = 0;                     // index into the classes
  int width = 0;                     // pixels; 0: not known
  int height = 0;                    // pixels; 0: not known
  std::optional<double> brightness;  // mean luma, 0 (black) to 1 (white)
  std::string source;                // where it came from, e.g. its folder; empty: not told apart
  Bytes thumbnail;                   // a JPEG file; empty: none is shown
};

// Everything a report shows.
struct ModelReport {
  std::string model;                 // name
  std::vector<std::string> classes;  // at least two; index = class number
  std::vector<ReportImage> images;   // at least one
  // [images.size() x columns], row-major, 0..1. Two classes: one column, P(classes[1]), or two. More: a column a class.
  std::vector<float> probabilities;
  std::size_t skipped = 0;          // images of the data set that could not be used
  std::string data_set;             // what was scored, e.g. "data/test.csv"
  std::string data_digest;          // SHA-256 over contents and labels of `images`, in order; may be empty
  std::string training_digest;      // data.digest of the training run; may be empty
  std::vector<ReportEpoch> epochs;  // may be empty
  NamedValues settings;             // of the training run; may be empty
  NamedValues versions;             // may be empty
};

// Writes the report as one HTML file that needs nothing else: no script, no network, charts as inline SVG, pictures
// as data: URIs; a Content-Security-Policy in it forbids anything more. All text from `report` is escaped, bytes that
// are not UTF-8 become U+FFFD. The result is a function of `report` alone: no clock, no host name.
// Throws what analyse() throws. Thread-safe.
std::string render_html(const ModelReport& report);

}  // namespace animalctl
