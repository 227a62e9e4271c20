#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/lake/database.h"
#include "animalctl/lake/frame_index.h"
#include "animalctl/lake/prediction_files.h"
#include "animalctl/lake/predictions.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/lake_export.h"
#include "cli/lake_import.h"
#include "cli/lake_retention.h"
#include "cli/time_flag.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::floor<std::chrono::milliseconds>(now).count();
}

class Lake final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ACTION", action_, "import, stats, query, export, vacuum or rebuild")
        ->required()
        ->check(one_of({"import", "stats", "query", "export", "vacuum", "rebuild"}));
    app.add_option("FILE", file_, "With export: the file to write, .csv or .jsonl");
    app.add_option("--database", database_, "sqlite:FILE or postgresql://HOST/NAME")
        ->type_name("ADDRESS")
        ->capture_default_str();
    app.add_option("--sink-dir", sink_dir_, "Folder where serve stores queries and answers")
        ->type_name("DIR")
        ->capture_default_str();
    declare_frames_dir(app, frames_dir_);
    app.add_option("--ledger", ledger_, "Record of the stable split, for the part of each frame")
        ->type_name("FILE")
        ->capture_default_str();
    declare_threads(app, threads_);
    declare_filter(app);
    declare_retention(app);
    declare_json(app, json_);
    app.footer(
        "import reads what is new: predictions of serve's files, frames, their parts. rebuild forgets these and reads\n"
        "all of them again; labels, runs and decisions stay. vacuum drops old predictions and stored query pictures,\n"
        "never a frame.\n"
        "Examples: animalctl lake query --model animal --version 2 --limit 20\n"
        "          animalctl lake vacuum --keep-days 90");
  }

  int run(Context& context) override {
    if (!file_.empty() && action_ != "export") {
      throw Error(ErrorCode::InvalidArgument, fmt::format("lake {} takes no FILE (\"{}\")", action_, file_));
    }
    const auto database = lake::Database::open(database_);
    if (action_ == "stats") return stats(context, *database);
    if (action_ == "query") return query(context, *database);
    if (action_ == "export") return export_file(context, *database);
    if (action_ == "vacuum") return vacuum(context, *database);
    if (action_ == "rebuild") forget_imported(*database);
    return import(context, *database);
  }

 private:
  void declare_filter(CLI::App& app) {
    app.add_option("--model", filter_.model, "Predictions of this model");
    app.add_option("--version", version_, "Predictions of this version")->check(integer_between(0, 1'000'000'000));
    app.add_option("--role", filter_.role, "current, previous, forced, shadow or any [all but shadow]")
        ->check(one_of({"current", "previous", "forced", "shadow", "any"}));
    app.add_option("--since", since_, "Predictions from this time on, e.g. 2026-11-25T13:00:00Z")->type_name("TIME");
    app.add_option("--until", until_, "Predictions before this time")->type_name("TIME");
    app.add_option("--limit", limit_, "The newest so many")
        ->type_name("N")
        ->check(integer_between(1, 1'000'000))
        ->capture_default_str();
  }

  void declare_retention(CLI::App& app) {
    app.add_option("--keep-days", retention_.keep_days, "With vacuum: drop what is older; 0: nothing for its age")
        ->type_name("N")
        ->check(integer_between(0, 36'500))
        ->capture_default_str();
    app.add_option("--keep-rows", retention_.keep_rows, "With vacuum: keep the newest so many predictions; 0: all")
        ->type_name("N")
        ->check(integer_between(0, 10'000'000'000))
        ->capture_default_str();
    app.add_option("--keep-mib", retention_.keep_mib,
                   "With vacuum: keep so much of the query pictures, the newest; 0: all. Frames always stay")
        ->type_name("N")
        ->check(integer_between(0, 1'000'000'000))
        ->capture_default_str();
  }

  lake::PredictionFilter filter() const {
    lake::PredictionFilter filter = filter_;
    if (version_ >= 0) filter.version = version_;
    filter.from_ms = time_flag("--since", since_);
    filter.until_ms = time_flag("--until", until_);
    filter.limit = static_cast<std::size_t>(limit_);
    return filter;
  }

  int import(Context& context, lake::Database& database) const {
    const lake::IngestCounts predictions = lake::ingest_prediction_files(database, sink_dir_, context.stop());
    const FrameImport frames = import_frames(database, {frames_dir_, ledger_, threads_, now_ms()}, context.stop());
    if (context.stop().stop_requested()) throw Error(ErrorCode::Cancelled, "stopped; what was read is in the lake");
    if (json_) {
      nlohmann::ordered_json json;
      json["predictions"] = {
          {"lines", predictions.rows}, {"garbled", predictions.garbled}, {"bytes", predictions.bytes}};
      json["frames"] = {{"added", frames.changes.added},
                        {"changed", frames.changes.changed},
                        {"removed", frames.changes.removed},
                        {"unreadable", frames.unreadable}};
      context.print(json.dump(2));
    } else {
      context.print(fmt::format("Predictions: {} lines read, {} garbled", predictions.rows, predictions.garbled));
      context.print(fmt::format("Frames: {} added, {} changed, {} removed, {} unreadable", frames.changes.added,
                                frames.changes.changed, frames.changes.removed, frames.unreadable));
    }
    return kExitDone;
  }

  int stats(Context& context, lake::Database& database) const {
    lake::PredictionFilter asked = filter();
    if (asked.role.empty()) asked.role = "any";
    const std::vector<lake::PredictionCounts> counts = lake::Predictions(database).counts_by_version(asked);
    const std::size_t frames = lake::FrameIndex(database).count();
    if (json_) {
      nlohmann::ordered_json json;
      json["frames"] = frames;
      json["predictions"] = nlohmann::ordered_json::array();
      for (const lake::PredictionCounts& row : counts) {
        json["predictions"].push_back({{"model", row.model},
                                       {"version", row.version},
                                       {"role", row.role},
                                       {"count", row.count},
                                       {"first", time_text(row.first_ms)},
                                       {"last", time_text(row.last_ms)},
                                       {"mean_confidence", row.mean_confidence}});
      }
      context.print(json.dump(2));
      return kExitDone;
    }
    context.print(fmt::format("Frames: {}", frames));
    if (counts.empty()) context.print("Predictions: none");
    for (const lake::PredictionCounts& row : counts) {
      context.print(fmt::format("{} version {} {}: {} predictions, {} to {}, mean confidence {:.4f}", row.model,
                                row.version, row.role, row.count, time_text(row.first_ms), time_text(row.last_ms),
                                row.mean_confidence));
    }
    return kExitDone;
  }

  int query(Context& context, lake::Database& database) const {
    lake::Predictions predictions(database);
    predictions.for_each(filter(), [&](const lake::PredictionRow& row) {
      if (json_) {
        context.print(prediction_json(row));
      } else {
        context.print(fmt::format("{}  {} {} {:<8}  {:<8} {:.4f}  {}", time_text(row.at_ms), row.model, row.version,
                                  row.role, row.label, row.confidence, row.request_id));
      }
    });
    return kExitDone;
  }

  int export_file(Context& context, lake::Database& database) const {
    if (file_.empty()) throw Error(ErrorCode::InvalidArgument, "lake export needs a FILE, .csv or .jsonl");
    const std::size_t rows = export_predictions(database, filter(), file_);
    if (json_) {
      context.print(nlohmann::ordered_json({{"file", file_}, {"predictions", rows}}).dump(2));
    } else {
      context.print(fmt::format("{} predictions written to {}", rows, file_));
    }
    return kExitDone;
  }

  int vacuum(Context& context, lake::Database& database) const {
    const RetentionCounts dropped = apply_retention(database, sink_dir_, retention_, now_ms());
    if (json_) {
      context.print(nlohmann::ordered_json({{"predictions", dropped.predictions},
                                            {"files", dropped.files},
                                            {"pictures", dropped.pictures},
                                            {"bytes", dropped.bytes}})
                        .dump(2));
    } else {
      context.print(fmt::format("Dropped: {} predictions, {} files of predictions, {} pictures ({} bytes)",
                                dropped.predictions, dropped.files, dropped.pictures, dropped.bytes));
    }
    return kExitDone;
  }

  std::string action_;
  std::string file_;
  std::string database_ = "sqlite:data/lake.db";
  std::string sink_dir_ = "logs/predictions";
  std::string frames_dir_ = kDefaultFramesDir;
  std::string ledger_ = "data/stable_split.csv";
  int threads_ = 0;
  lake::PredictionFilter filter_;
  std::int64_t version_ = -1;
  std::string since_;
  std::string until_;
  std::int64_t limit_ = 1000;
  Retention retention_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lake() {
  return std::make_unique<Lake>();
}

}  // namespace animalctl::cli
