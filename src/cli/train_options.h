#pragma once

#include <CLI/App.hpp>

#include <functional>
#include <string>
#include <vector>

#include "animalctl/train/train.h"

namespace animalctl::cli {

// The flags of `train` and the configuration they make. What the user leaves out is the architecture's recipe.
class TrainOptions {
 public:
  void declare(CLI::App& app);
  // To be called when all settings are known: gives what was left out its value from the recipe, so that
  // --print-config shows it.
  void settle();
  // Throws InvalidArgument when settings contradict each other, NotFound when --weights names nothing.
  TrainConfig config() const;

  bool json = false;
  bool html = true;
  std::string tensorboard_dir;

 private:
  // A flag whose default depends on the architecture.
  struct RecipeFlag {
    CLI::Option* option;
    std::function<void(const TrainConfig&)> take;             // copies the recipe's value
    std::function<std::string(const TrainConfig&)> describe;  // and says what it is
  };
  void declare_data(CLI::App& app);
  void declare_model(CLI::App& app);
  void declare_transfer(CLI::App& app);
  void declare_optimisation(CLI::App& app);
  void declare_regularisation(CLI::App& app);
  void declare_machine(CLI::App& app);
  template <typename Value>
  void from_recipe(CLI::Option* option, Value TrainConfig::*field);
  template <typename Kind>
  void from_recipe(CLI::Option* option, std::string& word, Kind TrainConfig::*field);
  void set_freeze(TrainConfig& config) const;
  std::filesystem::path find_weights_file() const;

  TrainConfig config_;
  std::vector<RecipeFlag> recipe_flags_;
  CLI::Option* freeze_option_ = nullptr;
  std::string train_csv_;
  std::string val_csv_;
  std::string model_name_;
  std::string frames_dir_;
  std::string annotations_dir_;
  std::string model_dir_;
  std::string cache_dir_ = "cache";
  std::string classes_ = "cat,dog";
  std::string weights_;
  std::string weights_dir_;
  std::string freeze_ = "none";
  std::string optimizer_ = "adam";
  std::string schedule_ = "constant";
  std::string class_weights_ = "none";
  std::string augment_ = "none";
  std::string device_ = "auto";
  std::string precision_ = "auto";
  int image_size_ = 0;
  int unfreeze_at_ = 0;
  long long seed_ = 0;
};

}  // namespace animalctl::cli
