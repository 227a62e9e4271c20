#include "report/sample_report.h"

namespace animalctl::test {

ModelReport sample_report(std::size_t count) {
  ModelReport report;
  report.model = "base_model";
  report.classes = {"CAT", "DOG"};
  report.data_set = "data/test.csv";
  for (std::size_t i = 0; i < count; ++i) {
    ReportImage image;
    image.label = static_cast<int>(i % 2);
    image.frame = "frames/" + std::to_string(i) + ".png";
    image.width = 100 + static_cast<int>(i);
    image.height = 50;
    image.brightness = static_cast<double>(i) / static_cast<double>(count);
    report.images.push_back(image);
    const float confidence = 0.6F + 0.39F * static_cast<float>(i) / static_cast<float>(count);
    const bool says_dog = (image.label == 1) != (i % 5 == 4);
    report.probabilities.push_back(says_dog ? confidence : 1 - confidence);
  }
  return report;
}

ReportEpoch sample_epoch(int epoch) {
  return {epoch, 0.7 / (epoch + 1), 0.8 / (epoch + 1), 0.9, 3e-4, 400, epoch == 0};
}

}  // namespace animalctl::test
