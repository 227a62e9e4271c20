#include "cli/model_report_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/report/analysis.h"
#include "animalctl/report/run_record.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

constexpr int kThumbnailSide = 192;  // shown at about 150, sharp enough on dense screens
constexpr int kThumbnailQuality = 80;
constexpr std::string_view kLatestSuffix = "_latest";

// Mean BT.601 luma with the weights of to_grey(), 0..1.
double mean_brightness(const ImageU8& image) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    sum += 4899U * image.pixels[i] + 9617U * image.pixels[i + 1] + 1868U * image.pixels[i + 2];
  }
  const auto pixels = static_cast<double>(image.pixels.size()) / 3;
  return static_cast<double>(sum) / 16384 / 255 / pixels;
}

// Where images come from, when that tells them apart: their folders, else their extensions.
void name_sources(std::vector<ReportImage>& images) {
  const auto name_by = [&](auto source) {
    std::set<std::string> names;
    for (const ReportImage& image : images) names.insert(source(fs::path(image.frame)));
    if (names.size() < 2) return false;
    for (ReportImage& image : images) image.source = source(fs::path(image.frame));
    return true;
  };
  if (name_by([](const fs::path& path) { return path.parent_path().string(); })) return;
  (void)name_by([](const fs::path& path) { return path.extension().string(); });
}

// The pixels and the content's digest, or why there are none: a file may vanish after it was scored.
Result<ImageU8> read_image(const Engine& engine, const fs::path& path, Digest& digest) {
  try {
    const Bytes bytes = read_file(path);
    digest = sha256(bytes);
    return engine.decode(bytes);
  } catch (const Error& error) {
    return error;
  }
}

// Fills size, brightness and the mistakes' pictures; returns each file's digest.
std::vector<Digest> look_at_images(Context& context, const ScoreConfig& config, ModelReport& report) {
  std::vector<std::size_t> mistakes = analyse(report).mistakes;
  mistakes.resize(std::min(mistakes.size(), kShownMistakes));
  std::vector<std::uint8_t> is_shown(report.images.size());
  for (const std::size_t index : mistakes) is_shown[index] = 1;

  Engine& engine = context.engine();
  std::vector<Digest> digests(report.images.size());
  const auto look = [&](std::size_t i) {
    ReportImage& image = report.images[i];
    const Result<ImageU8> decoded = read_image(engine, image.frame, digests[i]);
    if (!decoded) {
      log::warning(fmt::format("{} was scored and cannot be read again, so it is in no slice: {}", image.frame,
                               decoded.error().message()));
      return;
    }
    image.width = decoded.value().width;
    image.height = decoded.value().height;
    image.brightness = mean_brightness(decoded.value());
    if (is_shown[i] != 0) image.thumbnail = engine.encode_thumbnail(decoded.value(), kThumbnailSide, kThumbnailQuality);
  };
  const int threads = config.threads > 0 ? config.threads : available_cores();
  Terminal& terminal = context.terminal();
  terminal.begin("looking at images", report.images.size());
  parallel_for(
      report.images.size(), threads, look, [&](std::size_t done) { terminal.advance(done); }, context.stop());
  terminal.end();
  if (context.stop().stop_requested()) throw Error(ErrorCode::Cancelled, "stopped before the report was written");
  return digests;
}

// As data.digest of a training run is made, over this data set.
std::string data_digest(const std::vector<Digest>& digests, const std::vector<int>& labels) {
  Sha256 digest;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    digest.update(std::as_bytes(std::span(digests[i].bytes)));
    digest.update(fmt::format("{}\n", labels[i]));
  }
  return digest.finish().hex();
}

fs::path run_record_path(const fs::path& model) {
  const std::string name = model_name(model);
  fs::path own = model.parent_path() / (name + ".json");
  std::error_code ignored;
  if (name.ends_with(kLatestSuffix) && !fs::exists(own, ignored)) {
    return model.parent_path() / (name.substr(0, name.size() - kLatestSuffix.size()) + ".json");
  }
  return own;
}

void add_run_record(const fs::path& model, ModelReport& report) {
  const fs::path path = run_record_path(model);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  try {
    RunRecord record = read_run_record(path);
    report.settings = std::move(record.settings);
    report.versions = std::move(record.versions);
    report.epochs = std::move(record.epochs);
    report.training_digest = std::move(record.data_digest);
  } catch (const Error& error) {
    log::warning(fmt::format("the report has no training curves and settings: {}", error.message()));
  }
}

}  // namespace

std::string model_name(const fs::path& argument) {
  const fs::path model = script_path(argument);
  return model.extension() == ".pth" ? model.stem().string() : model.filename().string();
}

ModelReport gather_model_report(Context& context, const fs::path& model, const ScoreConfig& config) {
  ScoreConfig scoring = config;
  scoring.models = {model};
  ScoreTable table = context.engine().score_dataset(scoring, context.terminal(), context.stop());
  ModelReport report;
  report.model = model_name(model);
  report.classes = table.models[0].classes;
  report.probabilities = std::move(table.scores[0]);
  report.skipped = table.skipped;
  report.data_set = config.dataset_csv.string();
  for (std::size_t i = 0; i < table.frames.size(); ++i) {
    ReportImage image;
    image.frame = table.frames[i].string();
    image.label = table.labels[i];
    report.images.push_back(std::move(image));
  }
  name_sources(report.images);
  report.data_digest = data_digest(look_at_images(context, scoring, report), table.labels);
  add_run_record(model, report);
  return report;
}

void write_model_report(Context& context, const fs::path& model, const ScoreConfig& config, const fs::path& out) {
  write_file_atomic(out, render_html(gather_model_report(context, model, config)));
}

}  // namespace animalctl::cli
