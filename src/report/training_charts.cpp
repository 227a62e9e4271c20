#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <string_view>

#include "report/charts.h"
#include "report/figure.h"

namespace animalctl {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Field = double ReportEpoch::*;

std::vector<double> values_of(const std::vector<ReportEpoch>& epochs, Field field) {
  std::vector<double> values;
  values.reserve(epochs.size());
  for (const ReportEpoch& epoch : epochs) values.push_back(epoch.*field);
  return values;
}

bool any_finite(const std::vector<double>& values) {
  for (const double value : values) {
    if (std::isfinite(value)) return true;
  }
  return false;
}

// People count epochs from 1; an epoch alone stands in the middle.
Axis epoch_axis(const std::vector<ReportEpoch>& epochs) {
  const double first = epochs.front().epoch + 1;
  const double last = epochs.back().epoch + 1;
  const double margin = last > first ? 0 : 0.5;
  return {"epoch", first - margin, last + margin, Scale::Linear, false, true};
}

std::string course(std::string_view what, const std::vector<double>& values, bool is_share) {
  const auto text = [&](double value) {
    return is_share ? fmt::format("{:.2f}%", value * 100) : fmt::format("{:.4g}", value);
  };
  return fmt::format("{} goes from {} to {} over {} epochs. ", what, text(values.front()), text(values.back()),
                     values.size());
}

Series line(const char* name, const std::vector<ReportEpoch>& epochs, Field field, int colour) {
  Series series;
  series.name = name;
  series.y = values_of(epochs, field);
  series.colour = colour;
  for (const ReportEpoch& epoch : epochs) series.x.push_back(epoch.epoch + 1);
  return series;
}

// A dot on the epoch whose weights were kept last.
void mark_best(const std::vector<ReportEpoch>& epochs, Field field, Chart& chart) {
  for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch) {
    if (!epoch->best || !std::isfinite((*epoch).*field)) continue;
    Series best;
    best.name = "kept";
    best.mark = Mark::Points;
    best.x = {static_cast<double>(epoch->epoch + 1)};
    best.y = {(*epoch).*field};
    best.colour = 1;
    best.notes = {fmt::format("epoch {}: the weights of the model file", epoch->epoch + 1)};
    chart.series.push_back(best);
    return;
  }
}

// Epochs without validation have none; the line goes from one that has to the next.
std::vector<ReportEpoch> validated(const std::vector<ReportEpoch>& epochs) {
  std::vector<ReportEpoch> kept;
  for (const ReportEpoch& epoch : epochs) {
    if (std::isfinite(epoch.val_loss) || std::isfinite(epoch.val_accuracy)) kept.push_back(epoch);
  }
  return kept.empty() ? epochs : kept;
}

std::string loss_chart(const std::vector<ReportEpoch>& epochs) {
  const Series train = line("training", epochs, &ReportEpoch::train_loss, 0);
  const Series validation = line("validation", validated(epochs), &ReportEpoch::val_loss, 1);
  std::vector<double> all = train.y;
  all.insert(all.end(), validation.y.begin(), validation.y.end());
  if (!any_finite(all)) return "";
  const Range range = nice_range(all, 0, kInfinity);
  const Axis axis{"cross-entropy", range.low, range.high};
  const std::string description =
      course("Training loss", train.y, false) + course("Validation loss", validation.y, false);
  return figure(Chart{"loss", "Loss", description, epoch_axis(epochs), axis, {train, validation}});
}

std::string accuracy_chart(const std::vector<ReportEpoch>& epochs) {
  const Series accuracy = line("validation", validated(epochs), &ReportEpoch::val_accuracy, 0);
  if (!any_finite(accuracy.y)) return "";
  const Range range = nice_range(accuracy.y, 0, 1);
  Axis axis{"accuracy", range.low, range.high};
  axis.is_percent = true;
  Chart chart{
      "accuracy", "Validation accuracy", course("Validation accuracy", accuracy.y, true), epoch_axis(epochs), axis,
      {accuracy}};
  mark_best(epochs, &ReportEpoch::val_accuracy, chart);
  return figure(chart);
}

std::string plain_chart(const std::vector<ReportEpoch>& epochs, const char* id, const char* title, const char* unit,
                        Field field, int colour) {
  Series series = line("", epochs, field, colour);
  if (!any_finite(series.y)) return "";
  std::vector<double> values = series.y;
  values.push_back(0);
  const Range range = nice_range(values, 0, kInfinity);
  const Axis axis{unit, 0, range.high};
  return figure(Chart{id, title, course(title, series.y, false), epoch_axis(epochs), axis, {series}});
}

}  // namespace

std::vector<std::string> training_figures(const std::vector<ReportEpoch>& epochs) {
  if (epochs.empty()) return {};
  std::vector<std::string> figures{
      loss_chart(epochs), accuracy_chart(epochs),
      plain_chart(epochs, "rate", "Learning rate", "at the last step", &ReportEpoch::learning_rate, 2),
      plain_chart(epochs, "speed", "Speed", "training images a second", &ReportEpoch::images_per_second, 3)};
  std::erase(figures, "");
  return figures;
}

}  // namespace animalctl
