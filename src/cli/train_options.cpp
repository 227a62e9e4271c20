#include "cli/train_options.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/train/names.h"
#include "cli/train_recipe.h"
#include "cli/validators.h"
#include "cli/weights_table.h"

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

CLI::Validator freeze_choice() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        int stages = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), stages);
        const bool number = code == std::errc() && end == text.data() + text.size() && stages >= 0;
        if (number || text == "none" || text == "backbone") return {};
        return fmt::format("\"{}\" is not accepted; backbone, none or a number of stages is", text);
      },
      "");
}

std::string text_of(double value) {
  return fmt::format("{}", value);
}
std::string text_of(int value) {
  return fmt::format("{}", value);
}

}  // namespace

template <typename Value>
void TrainOptions::from_recipe(CLI::Option* option, Value TrainConfig::*field) {
  recipe_flags_.push_back({option, [this, field](const TrainConfig& recipe) { config_.*field = recipe.*field; },
                           [field](const TrainConfig& recipe) { return text_of(recipe.*field); }});
}

template <typename Kind>
void TrainOptions::from_recipe(CLI::Option* option, std::string& word, Kind TrainConfig::*field) {
  recipe_flags_.push_back({option, [&word, field](const TrainConfig& recipe) { word = to_string(recipe.*field); },
                           [field](const TrainConfig& recipe) { return std::string(to_string(recipe.*field)); }});
}

void TrainOptions::declare(CLI::App& app) {
  app.add_option("TRAIN_CSV", train_csv_, "Snapshot of the training images")->required();
  app.add_option("VAL_CSV", val_csv_, "Snapshot of the validation images")->required();
  declare_data(app);
  declare_model(app);
  declare_transfer(app);
  declare_optimisation(app);
  declare_regularisation(app);
  declare_machine(app);
}

void TrainOptions::declare_data(CLI::App& app) {
  app.add_option("--model-filename", model_name_, "Name of the run [AnimalNet_<date>-<time>]")->type_name("NAME");
  declare_frames_dir(app, frames_dir_ = kDefaultFramesDir);
  declare_annotations_dir(app, annotations_dir_ = kDefaultAnnotationsDir);
  declare_model_dir(app, model_dir_ = kDefaultModelDir);
  declare_classes(app, classes_);
  app.add_flag("--allow-one-class", config_.allow_one_class, "Train although a class has no image");
  app.add_flag("--strict", config_.strict, "Stop at the first frame that cannot be used instead of skipping it");
}

void TrainOptions::declare_model(CLI::App& app) {
  app.add_option("--arch", config_.architecture,
                 "Architecture of the model: animalnet, smallcnn, squeezenet1_1, mobilenet_v2, resnet18, resnet34 or "
                 "resnet50")
      ->capture_default_str();
  app.add_option("--image-size", image_size_, "Pixels a side that the model sees [the architecture's own]")
      ->type_name("N")
      ->check(integer_between(1, 1024));
  app.add_option("--weights", weights_,
                 "Start from these weights: a .pth or .safetensors file, or a name that `weights fetch` has fetched; "
                 "animalnet and smallcnn: of an earlier model with the same classes")
      ->type_name("FILE|NAME");
  app.add_option("--weights-dir", weights_dir_ = kDefaultWeightsDir, "Where fetched weights are")
      ->type_name("DIR")
      ->capture_default_str();
}

void TrainOptions::declare_transfer(CLI::App& app) {
  freeze_option_ = app.add_option("--freeze", freeze_,
                                  "backbone: train the head on cached features; N: the first N stages stay as they "
                                  "are; none: train all [with --weights and a backbone: backbone]")
                       ->type_name("backbone|none|N")
                       ->check(freeze_choice());
  app.add_option("--unfreeze-at", unfreeze_at_, "With --freeze backbone: after so many epochs train the rest too")
      ->type_name("EPOCH")
      ->check(integer_between(1, 1'000'000));
  app.add_option("--fine-tune-lr", config_.fine_tune_lr, "Learning rate of the head after --unfreeze-at")
      ->type_name("X")
      ->check(number_above(0))
      ->capture_default_str();
  app.add_option("--layer-decay", config_.layer_decay,
                 "With --weights: each stage further from the head learns that much slower")
      ->type_name("X")
      ->check(number_between(1e-6, 1))
      ->capture_default_str();
  app.add_option("--features-from-augmented", config_.augmented_views,
                 "With --freeze backbone: cache the features of so many changed views of each training image too")
      ->type_name("K")
      ->check(integer_between(0, 64))
      ->capture_default_str();
}

void TrainOptions::declare_optimisation(CLI::App& app) {
  from_recipe(app.add_option("--batch-size", config_.batch_size, "Images a step [animalnet: 1]")
                  ->type_name("N")
                  ->check(integer_between(1, 1'000'000)),
              &TrainConfig::batch_size);
  from_recipe(app.add_option("--num-epochs", config_.num_epochs, "Passes over the training images [animalnet: 3]")
                  ->type_name("N")
                  ->check(integer_between(1, 1'000'000)),
              &TrainConfig::num_epochs);
  from_recipe(app.add_option("--lr", config_.learning_rate, "Learning rate [animalnet: 0.0003]")
                  ->type_name("X")
                  ->check(number_above(0)),
              &TrainConfig::learning_rate);
  from_recipe(app.add_option("--weight-decay", config_.weight_decay,
                             "L2 penalty (sgd, adam) or decoupled decay (adamw, muon) [animalnet: 0]")
                  ->type_name("X")
                  ->check(number_from(0)),
              &TrainConfig::weight_decay);
  from_recipe(app.add_option("--optimizer", optimizer_, "sgd (momentum 0.9), adam, adamw or muon [animalnet: adam]")
                  ->check(one_of({"sgd", "adam", "adamw", "muon"})),
              optimizer_, &TrainConfig::optimizer);
  from_recipe(app.add_option("--schedule", schedule_,
                             "Learning rate over the run: constant, cosine, one-cycle or plateau [animalnet: constant]")
                  ->check(one_of({"constant", "cosine", "one-cycle", "plateau"})),
              schedule_, &TrainConfig::schedule);
  app.add_option("--warmup", config_.warmup_epochs, "Epochs over which the learning rate rises at the start")
      ->type_name("EPOCHS")
      ->check(number_from(0))
      ->capture_default_str();
  app.add_option("--early-stopping", config_.early_stopping,
                 "Stop after so many validations without a better loss or accuracy; 0: never")
      ->type_name("PATIENCE")
      ->check(integer_between(0, 1'000'000))
      ->capture_default_str();
  from_recipe(app.add_option("--validate-every", config_.validate_every,
                             "Epochs from one validation to the next; the last epoch has one [animalnet: 1]")
                  ->type_name("EPOCHS")
                  ->check(integer_between(1, 1'000'000)),
              &TrainConfig::validate_every);
}

void TrainOptions::declare_regularisation(CLI::App& app) {
  app.add_option("--class-weights", class_weights_, "none, or balanced: rare classes count more")
      ->check(one_of({"none", "balanced"}))
      ->capture_default_str();
  from_recipe(
      app.add_option("--augment", augment_,
                     "Change training images at random: none, light, strong, or crop: parts of them [animalnet: none]")
          ->check(one_of({"none", "light", "strong", "crop"})),
      augment_, &TrainConfig::augment);
  from_recipe(app.add_option("--start-share", config_.start_share,
                             "Begin with images of this share of the side, which grow to --end-share over two thirds "
                             "of the run [animalnet: 1]")
                  ->type_name("X")
                  ->check(number_between(0.01, 1)),
              &TrainConfig::start_share);
  from_recipe(app.add_option("--end-share", config_.end_share,
                             "Share of the side that images of the last epochs have; the model answers at all of it "
                             "[animalnet: 1]")
                  ->type_name("X")
                  ->check(number_between(0.01, 1)),
              &TrainConfig::end_share);
  from_recipe(app.add_option("--mix", config_.mix_probability,
                             "Share of the steps in which each image gets a part of another, and of its label "
                             "[animalnet: 0]")
                  ->type_name("X")
                  ->check(number_between(0, 1)),
              &TrainConfig::mix_probability);
  from_recipe(app.add_option("--label-smoothing", config_.label_smoothing,
                             "Share of each label that is spread over all classes [animalnet: 0]")
                  ->type_name("X")
                  ->check(number_between(0, 0.999)),
              &TrainConfig::label_smoothing);
  from_recipe(app.add_option("--ema", config_.ema,
                             "The model is a moving average of the weights with this decay; 0: it is not "
                             "[animalnet: 0]")
                  ->type_name("X")
                  ->check(number_between(0, 0.999999)),
              &TrainConfig::ema);
  app.add_option("--seed", seed_, "Same seed, same data, same settings: same weights")
      ->type_name("S")
      ->check(integer_between(0, 1LL << 53))
      ->capture_default_str();
}

void TrainOptions::declare_machine(CLI::App& app) {
  app.add_flag("--resume", config_.resume, "Go on from <name>_latest.pth; ends as if never interrupted");
  declare_threads(app, config_.threads);
  app.add_option("--compute-threads", config_.compute_threads,
                 "Threads of one training step; 0: one a core. Other than --threads it may change the last bits")
      ->type_name("N")
      ->check(integer_between(0, 1024))
      ->capture_default_str();
  app.add_option("--device", device_, "auto, cpu or cuda")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option(
         "--precision", precision_,
         "Of a frozen backbone (auto: bf16 where the processor has instructions for it and the features agree) and "
         "of steps (auto: also where the architecture gains): auto, fp32 or bf16")
      ->check(one_of({"auto", "fp32", "bf16"}))
      ->capture_default_str();
  app.add_option("--cache-dir", cache_dir_, "Folder of decoded images and features, safe to delete; \"\" for none")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--tensorboard", tensorboard_dir, "Also write TensorBoard event files into this folder")
      ->type_name("DIR");
  app.add_flag("!--no-html", html, "Do not write <name>.html");
  declare_json(app, json);
}

void TrainOptions::settle() {
  const bool frozen = freeze_option_->count() == 0 || freeze_ == "backbone";
  const Start pretrained = frozen ? Start::FrozenBackbone : Start::FineTuning;
  const TrainConfig recipe =
      recommended_settings(config_.architecture, weights_.empty() ? Start::FromNothing : pretrained);
  for (const RecipeFlag& flag : recipe_flags_) {
    if (flag.option->count() > 0) continue;
    flag.take(recipe);
    flag.option->default_str(flag.describe(recipe));
  }
  if (freeze_option_->count() == 0) {
    freeze_ = recipe.freeze_backbone ? "backbone" : "none";
    freeze_option_->default_str(freeze_);
  }
}

void TrainOptions::set_freeze(TrainConfig& config) const {
  config.freeze_backbone = freeze_ == "backbone";
  config.freeze_stages = 0;
  if (freeze_ != "backbone" && freeze_ != "none") config.freeze_stages = std::stoi(freeze_);
  if (unfreeze_at_ > 0) config.unfreeze_at = unfreeze_at_;
}

std::filesystem::path TrainOptions::find_weights_file() const {
  if (weights_.empty()) return {};
  std::error_code ignored;
  if (std::filesystem::is_regular_file(weights_, ignored)) return weights_;
  if (const auto fetched = fetched_weights(weights_, weights_dir_)) return *fetched;
  // A resumed run goes on with weights of its own.
  if (config_.resume) return weights_;
  throw Error(ErrorCode::NotFound,
              fmt::format("--weights {}: there is no such file, and no weights of that name in {}; `animalctl weights "
                          "list` shows the names, `animalctl weights fetch NAME` fetches them",
                          weights_, weights_dir_));
}

TrainConfig TrainOptions::config() const {
  TrainConfig config = config_;
  config.train_csv = train_csv_;
  config.val_csv = val_csv_;
  config.frames_dir = frames_dir_;
  config.annotations_dir = annotations_dir_;
  config.model_dir = model_dir_;
  config.cache_dir = cache_dir_;
  config.classes = parse_classes(classes_);
  if (image_size_ > 0) config.image_size = image_size_;
  config.weights = find_weights_file();
  set_freeze(config);
  config.optimizer =
      parse_kind(optimizer_, {OptimizerKind::Sgd, OptimizerKind::Adam, OptimizerKind::AdamW, OptimizerKind::Muon});
  config.schedule = parse_kind(
      schedule_, {ScheduleKind::Constant, ScheduleKind::Cosine, ScheduleKind::OneCycle, ScheduleKind::Plateau});
  config.class_weights = parse_kind(class_weights_, {ClassWeights::None, ClassWeights::Balanced});
  config.augment =
      parse_kind(augment_, {AugmentKind::None, AugmentKind::Light, AugmentKind::Strong, AugmentKind::Crop});
  config.device = parse_kind(device_, {Device::Auto, Device::Cpu, Device::Cuda});
  config.precision = parse_kind(precision_, {Precision::Auto, Precision::Fp32, Precision::Bf16});
  config.seed = static_cast<std::uint64_t>(seed_);
  if (config.resume && model_name_.empty()) {
    throw Error(ErrorCode::InvalidArgument, "--resume needs --model-filename: the name of the run to go on with");
  }
  config.model_name = model_name_.empty() ? dated_name() : model_name_;
  return config;
}

}  // namespace animalctl::cli
