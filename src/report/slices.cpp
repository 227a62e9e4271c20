#include "report/slices.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "animalctl/stats/fisher.h"

namespace animalctl {
namespace {

constexpr std::size_t kMostSources = 12;
constexpr double kAlpha = 0.05;

// Images of one slice by their index.
struct Part {
  std::string name;
  std::vector<std::size_t> images;
};

using Values = std::vector<std::pair<double, std::size_t>>;  // value and image

// Splits at the values one and two thirds up; equal values stay together, so there may be fewer than three parts.
template <typename Describe>
std::vector<Part> thirds(Values values, const std::array<const char*, 3>& names, Describe describe) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  std::array<Values, 3> groups;
  const double first = values[(values.size() - 1) / 3].first;
  const double second = values[2 * (values.size() - 1) / 3].first;
  for (const auto& value : values) groups[value.first <= first ? 0 : (value.first <= second ? 1 : 2)].push_back(value);
  std::vector<Part> parts;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) continue;
    Part part{fmt::format("{}, {}", names[i], describe(groups[i].front().first, groups[i].back().first)), {}};
    for (const auto& value : groups[i]) part.images.push_back(value.second);
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string megapixels(double pixels) {
  return fmt::format("{:.2g}", pixels / 1e6);
}

std::vector<Part> size_parts(std::span<const ReportImage> images) {
  Values values;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].width > 0 && images[i].height > 0) {
      values.emplace_back(static_cast<double>(images[i].width) * images[i].height, i);
    }
  }
  return thirds(values, {"small", "medium", "large"}, [](double low, double high) {
    return fmt::format("{} to {} megapixels", megapixels(low), megapixels(high));
  });
}

std::vector<Part> brightness_parts(std::span<const ReportImage> images) {
  Values values;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].brightness) values.emplace_back(*images[i].brightness, i);
  }
  return thirds(values, {"dark", "medium", "bright"},
                [](double low, double high) { return fmt::format("mean {:.2f} to {:.2f}", low, high); });
}

std::vector<Part> source_parts(std::span<const ReportImage> images) {
  std::map<std::string, std::vector<std::size_t>> sources;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!images[i].source.empty()) sources[images[i].source].push_back(i);
  }
  std::vector<Part> parts;
  parts.reserve(sources.size());
  for (auto& [name, members] : sources) parts.push_back({name, std::move(members)});
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.images.size() > b.images.size(); });
  if (parts.size() > kMostSources) {
    Part rest{fmt::format("{} others", parts.size() - kMostSources), {}};
    for (std::size_t i = kMostSources; i < parts.size(); ++i) {
      rest.images.insert(rest.images.end(), parts[i].images.begin(), parts[i].images.end());
    }
    parts.resize(kMostSources);
    parts.push_back(std::move(rest));
  }
  return parts;
}

void add_group(const char* group, const std::vector<Part>& parts, std::span<const std::uint8_t> is_correct,
               std::vector<Slice>& slices) {
  if (parts.size() < 2) return;
  std::vector<std::uint64_t> right;
  std::uint64_t all = 0;
  std::uint64_t all_right = 0;
  for (const Part& part : parts) {
    right.push_back(static_cast<std::uint64_t>(
        std::count_if(part.images.begin(), part.images.end(), [&](std::size_t i) { return is_correct[i] != 0; })));
    all += part.images.size();
    all_right += right.back();
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::uint64_t count = parts[i].images.size();
    slices.push_back({group, parts[i].name, count, right[i], static_cast<double>(right[i]) / static_cast<double>(count),
                      wilson_interval(right[i], count),
                      fisher_exact_less(right[i], count, all_right - right[i], all - count), false});
  }
}

}  // namespace

std::vector<Slice> find_slices(std::span<const ReportImage> images, std::span<const std::uint8_t> is_correct) {
  std::vector<Slice> slices;
  add_group("Size", size_parts(images), is_correct, slices);
  add_group("Brightness", brightness_parts(images), is_correct, slices);
  add_group("Source", source_parts(images), is_correct, slices);
  for (Slice& slice : slices) slice.is_worse = slice.p_value <= kAlpha / static_cast<double>(slices.size());
  return slices;
}

}  // namespace animalctl
