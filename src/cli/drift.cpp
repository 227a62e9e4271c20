#include <fmt/core.h>

#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/drift/drift_page.h"
#include "animalctl/drift/drift_report.h"
#include "animalctl/lake/database.h"
#include "cli/command.h"
#include "cli/drift_table.h"
#include "cli/exit_code.h"
#include "cli/time_flag.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDriftThumbnailSide = 192;
constexpr int kDriftThumbnailQuality = 80;
constexpr std::uint64_t kLargestPicture = std::uint64_t{64} << 20;

// Where the picture of this content lies: among the frames, or where `serve --store-images` put it.
fs::path picture_file(const drift::DriftedImage& image, const fs::path& frames_dir, const fs::path& sink_dir) {
  if (!image.frame.empty() && fs::exists(frames_dir / image.frame)) return frames_dir / image.frame;
  const fs::path stem = sink_dir / "images" / image.digest.substr(0, 2) / image.digest.substr(2);
  for (const char* const extension : {".jpg", ".png", ".webp", ".bmp"}) {
    fs::path file = stem;
    file += extension;
    if (fs::exists(file)) return file;
  }
  return {};
}

class Drift final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ACTION", action_, "report")->required()->check(one_of({"report"}));
    app.add_option("--database", database_, "sqlite:FILE or postgresql://HOST/NAME")
        ->type_name("ADDRESS")
        ->capture_default_str();
    app.add_option("--model", query_.model, "Model to look at [that of the newest answer]");
    app.add_option("--version", version_, "Version to look at [the one that gave most of the newest answers]")
        ->check(integer_between(0, 1'000'000'000));
    app.add_option("--until", until_, "Look at answers before this time only")->type_name("TIME");
    app.add_option("--reference-since", reference_since_, "Take the reference from this time on [the version's start]")
        ->type_name("TIME");
    app.add_option("--reference-until", reference_until_, "… and before this time [its first quiet answers]")
        ->type_name("TIME");
    declare_sizes(app);
    declare_frames_dir(app, frames_dir_);
    declare_annotations_dir(app, annotations_dir_);
    app.add_option("--sink-dir", sink_dir_, "Folder where serve --store-images keeps pictures")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--html", html_, "Write the report as a page too, with the most drifted pictures")
        ->type_name("FILE");
    app.add_flag("--check", check_, "Exit code 4 when something has drifted");
    declare_json(app, json_);
    app.footer(
        "Compares what a version answered lately with what it answered at first: its scores and classes, and what the\n"
        "pictures look like. lake import brings new answers into the lake. docs/drift.md says how it decides.\n"
        "Example: animalctl lake import && animalctl drift report --html drift.html");
  }

  int run(Context& context) override {
    const auto database = lake::Database::open(database_);
    query_.labels = drift::read_labelled_contents(*database, annotations_dir_);
    if (version_ >= 0) query_.version = version_;
    query_.until_ms = time_flag("--until", until_);
    query_.reference_from_ms = time_flag("--reference-since", reference_since_);
    query_.reference_until_ms = time_flag("--reference-until", reference_until_);
    const drift::DriftReport report = drift::drift_report(*database, query_);
    if (!html_.empty()) write_file_atomic(html_, drift::render_drift_page(report, thumbnails(context, report)));
    context.print(json_ ? drift::to_json(report) : drift_table(report));
    return check_ && report.verdict == drift::Verdict::Drifted ? kExitCheckSaidNo : kExitDone;
  }

 private:
  void declare_sizes(CLI::App& app) {
    drift::DriftSettings& settings = query_.settings;
    app.add_option("--window", settings.window, "Answers a window")
        ->type_name("N")
        ->check(integer_between(50, 100'000))
        ->capture_default_str();
    app.add_option("--reference", settings.reference, "Answers of the reference at most")
        ->type_name("N")
        ->check(integer_between(200, 100'000))
        ->capture_default_str();
    app.add_option("--needed-windows", settings.persistence.needed, "Windows that must have drifted")
        ->type_name("K")
        ->check(integer_between(1, 100))
        ->capture_default_str();
    app.add_option("--of-windows", settings.persistence.windows, "… of the last so many")
        ->type_name("N")
        ->check(integer_between(1, 100))
        ->capture_default_str();
    app.add_option("--alpha", settings.alpha, "False alarms of one window, over all inputs")
        ->type_name("P")
        ->check(number_between(1e-12, 0.5))
        ->capture_default_str();
    app.add_option("--min-shift", settings.min_wasserstein, "Smallest shift of a number that counts, in deviations")
        ->type_name("X")
        ->check(number_between(0, 100))
        ->capture_default_str();
    app.add_option("--min-mmd", settings.min_mmd, "Smallest squared discrepancy of the model's features that counts")
        ->type_name("X")
        ->check(number_between(0, 2))
        ->capture_default_str();
    app.add_option("--images", settings.most_drifted_images, "Most drifted pictures to name")
        ->type_name("N")
        ->check(integer_between(0, 1000))
        ->capture_default_str();
  }

  // Pictures are worth a page without them: what cannot be shown is left out.
  std::vector<Bytes> thumbnails(Context& context, const drift::DriftReport& report) const {
    std::vector<Bytes> made(report.images.size());
    std::size_t missing = 0;
    for (std::size_t i = 0; i < report.images.size(); ++i) {
      const fs::path file = picture_file(report.images[i], frames_dir_, sink_dir_);
      if (file.empty()) {
        ++missing;
        continue;
      }
      try {
        const Result<ImageU8> image = context.engine().decode(read_file(file, kLargestPicture));
        made[i] = context.engine().encode_thumbnail(image.value(), kDriftThumbnailSide, kDriftThumbnailQuality);
      } catch (const Error& error) {
        log::warning("a picture cannot be shown", {{"file", file.string()}, {"reason", error.message()}});
      }
    }
    if (missing > 0) {
      log::info("pictures are not kept, so that the page cannot show them; serve --store-images keeps them",
                {{"count", missing}});
    }
    return made;
  }

  std::string action_;
  std::string database_ = "sqlite:data/lake.db";
  drift::DriftQuery query_;
  std::int64_t version_ = -1;
  std::string until_;
  std::string reference_since_;
  std::string reference_until_;
  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  std::string sink_dir_ = "logs/predictions";
  std::string html_;
  bool check_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_drift() {
  return std::make_unique<Drift>();
}

}  // namespace animalctl::cli
