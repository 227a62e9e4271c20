#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/report/tensorboard_writer.h"
#include "animalctl/train/train.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/model_report_source.h"
#include "cli/train_options.h"

namespace animalctl::cli {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool was_validated(const EpochReport& epoch) {
  return !std::isnan(epoch.val_accuracy);
}

std::string validation_text(const EpochReport& epoch) {
  if (!was_validated(epoch)) return "";
  return fmt::format("val loss {:.6f}  val accuracy {:.4f}  ", epoch.val_loss, epoch.val_accuracy);
}

// A bar inside an epoch on a terminal, one line an epoch always.
class EpochLines final : public TrainObserver {
 public:
  // `board` may be null.
  EpochLines(Terminal& terminal, TensorBoardWriter* board) : terminal_(terminal), board_(board) {}
  void begin(std::string_view what, std::size_t total) override { terminal_.begin(what, total); }
  void advance(std::size_t done) override { terminal_.advance(done); }
  void end() override { terminal_.end(); }
  void epoch_ended(const EpochReport& epoch, int num_epochs) override {
    terminal_.end();
    log::info(fmt::format("epoch {}/{}  train loss {:.6f}  {}{:.0f} images/s{}", epoch.epoch + 1, num_epochs,
                          epoch.train_loss, validation_text(epoch), epoch.images_per_second,
                          epoch.best ? "  best" : ""));
    if (board_ == nullptr) return;
    try {
      write_scalars(epoch);
    } catch (const Error& error) {
      log::warning("no more TensorBoard events are written", {{"reason", error.message()}});
      board_ = nullptr;
    }
  }

 private:
  void write_scalars(const EpochReport& epoch) {
    const double now = seconds_now();
    board_->add_scalar("loss/train", epoch.epoch + 1, epoch.train_loss, now);
    if (was_validated(epoch)) {
      board_->add_scalar("loss/validation", epoch.epoch + 1, epoch.val_loss, now);
      board_->add_scalar("accuracy/validation", epoch.epoch + 1, epoch.val_accuracy, now);
    }
    board_->add_scalar("learning_rate", epoch.epoch + 1, epoch.learning_rate, now);
    board_->add_scalar("images_per_second", epoch.epoch + 1, epoch.images_per_second, now);
    board_->flush();
  }

  Terminal& terminal_;
  TensorBoardWriter* board_;
};

// What the report of a run shows: the model on the validation images it was chosen by.
ScoreConfig validation_of(const TrainConfig& config) {
  ScoreConfig score;
  score.dataset_csv = config.val_csv;
  score.frames_dir = config.frames_dir;
  score.annotations_dir = config.annotations_dir;
  score.classes = config.classes;
  score.batch_size = 64;
  score.threads = config.threads;
  score.device = config.device;
  score.precision = config.precision;
  score.cache_dir = config.cache_dir;
  return score;
}

class Train final : public Command {
 public:
  void declare(CLI::App& app) override {
    options_.declare(app);
    app.footer(
        "Writes <name>.pth (best validation accuracy), <name>_latest.pth (every epoch), <name>.json (report) and\n"
        "<name>.html (the same and more, as a page).\n"
        "Examples: animalctl train data/train.csv data/val.csv --model-filename base_model --num-epochs 5\n"
        "          animalctl train data/train.csv data/val.csv --arch mobilenet_v2 --weights mobilenet_v2");
  }

  void settle() override { options_.settle(); }

  int run(Context& context) override {
    const TrainConfig config = options_.config();
    std::unique_ptr<TensorBoardWriter> board;
    if (!options_.tensorboard_dir.empty()) {
      board = std::make_unique<TensorBoardWriter>(std::filesystem::path(options_.tensorboard_dir) / config.model_name,
                                                  seconds_now());
    }
    EpochLines observer(context.terminal(), board.get());
    const TrainReport report = context.engine().train(config, observer, context.stop());
    if (options_.html && !report.interrupted && !report.best_model.empty()) write_page(context, config, report);
    print_result(context, config, report);
    if (!report.interrupted) return kExitDone;
    log::warning(fmt::format("stopped; `--resume --model-filename {}` goes on from {}", report.model_name,
                             report.latest_model.string()));
    return 130;
  }

 private:
  // The model is there already: a page that cannot be written is no reason to call the run failed.
  static void write_page(Context& context, const TrainConfig& config, const TrainReport& report) {
    try {
      write_model_report(context, report.best_model, validation_of(config),
                         config.model_dir / (report.model_name + ".html"));
    } catch (const Error& error) {
      log::warning("the report page was not written", {{"reason", error.message()}});
    }
  }

  void print_result(Context& context, const TrainConfig& config, const TrainReport& report) const {
    if (options_.json) {
      context.print(read_text_file(config.model_dir / (report.model_name + ".json")));
      return;
    }
    if (report.epochs.empty()) return;
    // The seed's lines, to the letter; the epochs are those that were run.
    context.print(fmt::format("Model {} trained for {} epochs", report.model_name, report.epochs.size()));
    context.print("----------------------------------------------------------");
    context.print("Loss on train dataset: " + python_float(report.epochs.back().train_loss));
    context.print("Accuracy on val dataset: " + python_float(report.best_val_accuracy));
  }

  TrainOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace animalctl::cli
