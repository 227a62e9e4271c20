#include <fmt/core.h>

#include <chrono>
#include <ctime>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/train/names.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

// The seed's name for a run without one: AnimalNet_%Y%m%d-%H%M%S, local time.
std::string dated_name() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  char text[64];
  std::strftime(text, sizeof(text), "AnimalNet_%Y%m%d-%H%M%S", &local);
  return text;
}

template <typename Kind>
Kind parse_kind(const std::string& word, std::initializer_list<Kind> kinds) {
  for (const Kind kind : kinds) {
    if (word == to_string(kind)) return kind;
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not known", word));
}

// A bar inside an epoch on a terminal, one line an epoch always.
class EpochLines final : public TrainObserver {
 public:
  explicit EpochLines(Terminal& terminal) : terminal_(terminal) {}
  void begin(std::string_view what, std::size_t total) override { terminal_.begin(what, total); }
  void advance(std::size_t done) override { terminal_.advance(done); }
  void end() override { terminal_.end(); }
  void epoch_ended(const EpochReport& epoch, int num_epochs) override {
    terminal_.end();
    log::info(fmt::format("epoch {}/{}  train loss {:.6f}  val loss {:.6f}  val accuracy {:.4f}  {:.0f} images/s{}",
                          epoch.epoch + 1, num_epochs, epoch.train_loss, epoch.val_loss, epoch.val_accuracy,
                          epoch.images_per_second, epoch.best ? "  best" : ""));
  }

 private:
  Terminal& terminal_;
};

class Train final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("TRAIN_CSV", train_csv_, "Snapshot of the training images")->required();
    app.add_option("VAL_CSV", val_csv_, "Snapshot of the validation images")->required();
    declare_data(app);
    declare_optimisation(app);
    declare_machine(app);
    app.footer(
        "Writes <name>.pth (best validation accuracy), <name>_latest.pth (every epoch) and <name>.json (report).\n"
        "Example: animalctl train data/train.csv data/val.csv --model-filename base_model --num-epochs 5");
  }

  int run(Context& context) override {
    const TrainConfig config = make_config();
    EpochLines observer(context.terminal());
    const TrainReport report = context.engine().train(config, observer, context.stop());
    print_result(context, config, report);
    if (!report.interrupted) return kExitDone;
    log::warning(fmt::format("stopped; `--resume --model-filename {}` goes on from {}", report.model_name,
                             report.latest_model.string()));
    return 130;
  }

 private:
  void declare_data(CLI::App& app) {
    app.add_option("--model-filename", model_name_, "Name of the run [AnimalNet_<date>-<time>]")->type_name("NAME");
    declare_frames_dir(app, frames_dir_);
    declare_annotations_dir(app, annotations_dir_);
    declare_model_dir(app, model_dir_);
    declare_classes(app, classes_);
    app.add_flag("--allow-one-class", config_.allow_one_class, "Train although a class has no image");
    app.add_flag("--strict", config_.strict, "Stop at the first frame that cannot be used instead of skipping it");
  }

  void declare_optimisation(CLI::App& app) {
    app.add_option("--arch", config_.architecture, "Architecture of the model: animalnet")->capture_default_str();
    app.add_option("--image-size", image_size_, "Pixels a side that the model sees [the architecture's own]")
        ->type_name("N")
        ->check(integer_between(1, 1024));
    app.add_option("--batch-size", config_.batch_size, "Images a step")
        ->type_name("N")
        ->check(integer_between(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--num-epochs", config_.num_epochs, "Passes over the training images")
        ->type_name("N")
        ->check(integer_between(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--lr", config_.learning_rate, "Learning rate")
        ->type_name("X")
        ->check(number_above(0))
        ->capture_default_str();
    app.add_option("--weight-decay", config_.weight_decay, "L2 penalty (sgd, adam) or decoupled decay (adamw)")
        ->type_name("X")
        ->check(number_from(0))
        ->capture_default_str();
    app.add_option("--optimizer", optimizer_, "sgd (momentum 0.9), adam or adamw")
        ->check(one_of({"sgd", "adam", "adamw"}))
        ->capture_default_str();
    app.add_option("--schedule", schedule_, "Learning rate over the run: constant, cosine, one-cycle or plateau")
        ->check(one_of({"constant", "cosine", "one-cycle", "plateau"}))
        ->capture_default_str();
    app.add_option("--warmup", config_.warmup_epochs, "Epochs over which the learning rate rises at the start")
        ->type_name("EPOCHS")
        ->check(number_from(0))
        ->capture_default_str();
    app.add_option("--early-stopping", config_.early_stopping,
                   "Stop after so many epochs without a better validation loss or accuracy; 0: never")
        ->type_name("PATIENCE")
        ->check(integer_between(0, 1'000'000))
        ->capture_default_str();
    app.add_option("--class-weights", class_weights_, "none, or balanced: rare classes count more")
        ->check(one_of({"none", "balanced"}))
        ->capture_default_str();
    app.add_option("--augment", augment_, "Change training images at random: none, light or strong")
        ->check(one_of({"none", "light", "strong"}))
        ->capture_default_str();
    app.add_option("--seed", seed_, "Same seed, same data, same settings: same weights")
        ->type_name("S")
        ->check(integer_between(0, 1LL << 53))
        ->capture_default_str();
  }

  void declare_machine(CLI::App& app) {
    app.add_flag("--resume", config_.resume, "Go on from <name>_latest.pth; ends as if never interrupted");
    declare_threads(app, config_.threads);
    app.add_option("--device", device_, "auto, cpu or cuda")
        ->check(one_of({"auto", "cpu", "cuda"}))
        ->capture_default_str();
    app.add_option("--cache-dir", cache_dir_, "Folder of decoded images, safe to delete; \"\" for none")
        ->type_name("DIR")
        ->capture_default_str();
    declare_json(app, json_);
  }

  TrainConfig make_config() const {
    TrainConfig config = config_;
    config.train_csv = train_csv_;
    config.val_csv = val_csv_;
    config.frames_dir = frames_dir_;
    config.annotations_dir = annotations_dir_;
    config.model_dir = model_dir_;
    config.cache_dir = cache_dir_;
    config.classes = parse_classes(classes_);
    if (image_size_ > 0) config.image_size = image_size_;
    config.optimizer = parse_kind(optimizer_, {OptimizerKind::Sgd, OptimizerKind::Adam, OptimizerKind::AdamW});
    config.schedule = parse_kind(
        schedule_, {ScheduleKind::Constant, ScheduleKind::Cosine, ScheduleKind::OneCycle, ScheduleKind::Plateau});
    config.class_weights = parse_kind(class_weights_, {ClassWeights::None, ClassWeights::Balanced});
    config.augment = parse_kind(augment_, {AugmentKind::None, AugmentKind::Light, AugmentKind::Strong});
    config.device = parse_kind(device_, {Device::Auto, Device::Cpu, Device::Cuda});
    config.seed = static_cast<std::uint64_t>(seed_);
    if (config.resume && model_name_.empty()) {
      throw Error(ErrorCode::InvalidArgument, "--resume needs --model-filename: the name of the run to go on with");
    }
    config.model_name = model_name_.empty() ? dated_name() : model_name_;
    return config;
  }

  void print_result(Context& context, const TrainConfig& config, const TrainReport& report) const {
    if (json_) {
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

  TrainConfig config_;
  std::string train_csv_;
  std::string val_csv_;
  std::string model_name_;
  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  std::string model_dir_ = kDefaultModelDir;
  std::string cache_dir_ = "cache";
  std::string classes_ = "cat,dog";
  std::string optimizer_ = "adam";
  std::string schedule_ = "constant";
  std::string class_weights_ = "none";
  std::string augment_ = "none";
  std::string device_ = "auto";
  int image_size_ = 0;
  long long seed_ = 0;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace animalctl::cli
