#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl::test {

struct PromFamily {
  std::string type;
  std::string help;
};

// The text exposition format 0.0.4, read as strictly as its description is written: one HELP and one TYPE a family,
// both before its samples; the samples of a family together; no series twice; names, labels and escapes of the allowed
// form; histograms with rising, cumulative buckets that end in +Inf and agree with _count. Throws std::runtime_error
// that names the line.
struct PromText {
  explicit PromText(std::string_view text);

  std::map<std::string, PromFamily> families;
  std::map<std::string, double> series;  // "name{a=\"x\",b=\"y\"}", labels sorted → value

  bool has(const std::string& name) const { return series.count(name) == 1; }
  double value(const std::string& name) const { return series.at(name); }
  // All series of one sample name.
  std::vector<std::string> of(std::string_view name) const;
};

}  // namespace animalctl::test
