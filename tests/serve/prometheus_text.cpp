#include "serve/prometheus_text.h"

#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "animalctl/base/text.h"

namespace animalctl::test {
namespace {

using LabelMap = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  LabelMap labels;
  double value = 0;
};

[[noreturn]] void fail(const std::string& line, const std::string& why) {
  throw std::runtime_error(why + ": " + line);
}

bool name_is_valid(std::string_view name, bool colon) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && !(colon && c == ':')) return false;
  }
  return true;
}

class LineReader {
 public:
  explicit LineReader(const std::string& line) : line_(line) {}

  Sample sample() {
    Sample sample;
    sample.name = until("{ ");
    if (!name_is_valid(sample.name, true)) fail(line_, "bad metric name");
    if (peek() == '{') labels(sample.labels);
    if (take() != ' ') fail(line_, "no space before the value");
    sample.value = number(line_.substr(at_));
    return sample;
  }

 private:
  char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  char take() { return at_ < line_.size() ? line_[at_++] : '\0'; }
  std::string until(std::string_view ends) {
    const std::size_t end = std::min(line_.find_first_of(ends, at_), line_.size());
    std::string text = line_.substr(at_, end - at_);
    at_ = end;
    return text;
  }

  void labels(LabelMap& labels) {
    take();
    while (peek() != '}') {
      const std::string name = until("=");
      if (!name_is_valid(name, false)) fail(line_, "bad label name");
      take();
      if (!labels.emplace(name, quoted()).second) fail(line_, "a label twice");
      if (peek() == ',') {
        take();
      } else if (peek() != '}') {
        fail(line_, "no comma between labels");
      }
    }
    take();
  }

  std::string quoted() {
    if (take() != '"') fail(line_, "no quote before a label's value");
    std::string value;
    for (char c = take(); c != '"'; c = take()) {
      if (c == '\0') fail(line_, "no quote after a label's value");
      if (c == '\\') {
        const char escaped = take();
        if (escaped != '\\' && escaped != '"' && escaped != 'n') fail(line_, "unknown escape");
        c = escaped == 'n' ? '\n' : escaped;
      }
      value += c;
    }
    return value;
  }

  double number(const std::string& text) const {
    if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
    if (text == "-Inf") return -std::numeric_limits<double>::infinity();
    if (text == "NaN" || text == "Nan") return std::nan("");
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used != text.size()) fail(line_, "bad value");
    return value;
  }

  const std::string& line_;
  std::size_t at_ = 0;
};

std::string series_name(const Sample& sample) {
  if (sample.labels.empty()) return sample.name;
  std::string name = sample.name + "{";
  for (const auto& [label, value] : sample.labels) {
    name += (name.back() == '{' ? "" : ",") + label + "=\"" + value + "\"";
  }
  return name + "}";
}

// Follows the buckets of one histogram after another.
class HistogramCheck {
 public:
  void see(const std::string& line, const std::string& family, const Sample& sample) {
    if (sample.name == family + "_sum") return;
    LabelMap labels = sample.labels;
    labels.erase("le");
    const std::string key = series_name({family, labels, 0});
    if (sample.name == family + "_count") {
      counts_[key] = sample.value;
      return;
    }
    if (sample.name != family + "_bucket" || sample.labels.count("le") == 0) fail(line, "no sample of a histogram");
    const std::string& text = sample.labels.at("le");
    const double bound = text == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(text);
    if (last_.count(key) != 0) {
      if (bound <= last_[key].first) fail(line, "buckets do not rise");
      if (sample.value < last_[key].second) fail(line, "buckets are not cumulative");
    }
    last_[key] = {bound, sample.value};
    if (std::isinf(bound)) infinite_[key] = sample.value;
  }

  // At the end of the text: prometheus-cpp writes _count before the buckets, others behind them.
  void finish() const {
    if (infinite_ != counts_) throw std::runtime_error("a _count is not that of the bucket +Inf");
  }

 private:
  std::map<std::string, std::pair<double, double>> last_;
  std::map<std::string, double> infinite_;
  std::map<std::string, double> counts_;
};

bool ends_family(const std::string& sample, const std::string& family, const std::string& type) {
  if (type == "histogram") {
    return sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count";
  }
  return sample == family;
}

}  // namespace

PromText::PromText(std::string_view text) {
  if (text.empty() || text.back() != '\n') throw std::runtime_error("the last line does not end");
  HistogramCheck histograms;
  std::set<std::string> seen_samples;
  std::string current;
  for (const std::string& line : split(text.substr(0, text.size() - 1), '\n')) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      if (space == std::string::npos) fail(line, "nothing after the name");
      const std::string name = line.substr(7, space - 7);
      if (!name_is_valid(name, true)) fail(line, "bad metric name");
      if (seen_samples.count(name) != 0) fail(line, "HELP or TYPE after the samples");
      std::string& place = line[2] == 'H' ? families[name].help : families[name].type;
      if (!place.empty()) fail(line, "HELP or TYPE twice");
      place = line.substr(space + 1);
      current = name;
      continue;
    }
    const Sample sample = LineReader(line).sample();
    if (!ends_family(sample.name, current, families[current].type)) fail(line, "a sample outside its family");
    seen_samples.insert(current);
    if (families[current].type == "histogram") histograms.see(line, current, sample);
    if (!series.emplace(series_name(sample), sample.value).second) fail(line, "a series twice");
  }
  histograms.finish();
  for (const auto& [name, family] : families) {
    static const std::set<std::string> kTypes = {"counter", "gauge", "histogram"};
    if (kTypes.count(family.type) == 0 || family.help.empty()) fail(name, "no HELP, or no TYPE that we use");
  }
}

std::vector<std::string> PromText::of(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [series_key, value] : series) {
    if (series_key.substr(0, series_key.find('{')) == name) found.push_back(series_key);
  }
  return found;
}

}  // namespace animalctl::test
