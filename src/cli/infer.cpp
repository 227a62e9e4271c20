#include <fmt/core.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/frame_listing.h"
#include "cli/exit_code.h"
#include "cli/model_path.h"
#include "cli/score_options.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kChunk = 64;
constexpr std::uint64_t kMaxStandardInput = std::uint64_t{64} << 20;

struct Answer {
  std::string frame;
  // As Predictor::predict() gives them for one image.
  Result<std::vector<float>> scores = Error(ErrorCode::Internal, "not computed");
};

struct Verdict {
  std::string animal;
  float score;  // two classes: that of the second, as the seed's; more: that of the animal named
};

class Infer final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FRAMES", arguments_, "Images or folders, then the model; \"-\" reads one image from standard input")
        ->required()
        ->type_name("FRAME... MODEL")
        ->expected(2, 1 << 20);
    declare_frames_dir(app, frames_dir_);
    declare_model_dir(app, model_dir_);
    app.add_option("--threshold", threshold_, "With two classes: scores from here on are the second (dog)")
        ->type_name("X")
        ->check(number_between(0, 1))
        ->capture_default_str();
    app.add_option("--device", device_, "auto, cpu or cuda")
        ->check(one_of({"auto", "cpu", "cuda"}))
        ->capture_default_str();
    declare_threads(app, threads_);
    app.add_flag("--strict", strict_, "Stop at the first image that cannot be read");
    app.add_flag("--json", json_, "Print one JSON object a line: frame, animal, score");
    script_.declare(app);
    app.add_option("--classes", classes_, "Names of its classes, comma separated, when the file does not tell them")
        ->type_name("LIST")
        ->group(kScriptGroup);
    app.footer(
        "A frame is looked for in --frames-dir first, then as a path. Exit code 3 when any image could not be read.\n"
        "Example: animalctl infer 1.png base_model\n"
        "         animalctl infer data/cats_and_dogs/frames base_model --json | head");
  }

  int run(Context& context) override {
    PredictorOptions options;
    options.model = resolve_model_path(arguments_.back(), model_dir_);
    options.device = parse_device(device_);
    options.script = script_.options();
    if (!classes_.empty()) options.script.classes = parse_classes(classes_);
    const std::vector<std::string> frames = expand_frames();
    const std::unique_ptr<Predictor> predictor = context.engine().load_predictor(options);
    std::size_t failed = 0;
    for (std::size_t begin = 0; begin < frames.size() && !context.stop().stop_requested(); begin += kChunk) {
      const std::size_t count = std::min(kChunk, frames.size() - begin);
      std::vector<Answer> answers(count);
      const auto work = [&](std::size_t i) { answers[i] = answer(context.engine(), *predictor, frames[begin + i]); };
      parallel_for(count, threads_ > 0 ? threads_ : available_cores(), work, {}, context.stop());
      if (context.stop().stop_requested()) break;
      for (const Answer& item : answers) failed += print(context, *predictor, item, frames.size()) ? 0 : 1;
    }
    if (context.stop().stop_requested()) throw Error(ErrorCode::Cancelled, "stopped");
    return failed > 0 ? kExitInput : kExitDone;
  }

 private:
  std::string locate(const std::string& name) const {
    if (name == "-") return name;
    std::error_code ignored;
    for (const fs::path& candidate : {fs::path(frames_dir_) / name, fs::path(name)}) {
      if (fs::exists(candidate, ignored)) return candidate.string();
    }
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no image \"{}\" (looked in {} and in the working directory)", name, frames_dir_));
  }

  std::vector<std::string> expand_frames() const {
    std::vector<std::string> frames;
    for (std::size_t i = 0; i + 1 < arguments_.size(); ++i) {
      const std::string found = locate(arguments_[i]);
      if (found == "-" || !fs::is_directory(found)) {
        frames.push_back(found);
        continue;
      }
      for (const std::string& name : list_frames(found)) frames.push_back((fs::path(found) / name).string());
    }
    if (frames.empty()) {
      throw Error(ErrorCode::NotFound, "no image was found; jpg, jpeg, png, webp and bmp files are read");
    }
    return frames;
  }

  static Bytes read_input(const std::string& frame) {
    if (frame != "-") return read_file(frame, kMaxStandardInput);
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    const auto bytes = as_byte_span(text);
    return {bytes.begin(), bytes.end()};
  }

  static Answer answer(const Engine& engine, const Predictor& predictor, const std::string& frame) {
    Answer item{frame};
    try {
      const Result<ImageU8> image = engine.decode(read_input(frame));
      if (!image) {
        item.scores = image.error();
      } else {
        item.scores = predictor.predict({&image.value(), 1});
      }
    } catch (const Error& error) {
      item.scores = error;
    }
    return item;
  }

  Verdict verdict(const std::vector<std::string>& classes, const std::vector<float>& scores) const {
    if (classes.size() == 2) {
      return {to_lower(classes[scores.front() >= static_cast<float>(threshold_) ? 1 : 0]), scores.front()};
    }
    const auto best = std::max_element(scores.begin(), scores.end());
    return {to_lower(classes[static_cast<std::size_t>(best - scores.begin())]), *best};
  }

  // False when the image could not be read.
  bool print(Context& context, const Predictor& predictor, const Answer& item, std::size_t frames) const {
    nlohmann::ordered_json json;
    json["frame"] = item.frame;
    if (!item.scores.ok()) {
      const Error& error = item.scores.error();
      if (strict_) throw error.with_note("in " + item.frame);
      if (json_) {
        json["error"] = error.message();
        context.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
      }
      log::error(error.message(), {{"frame", item.frame}});
      return false;
    }
    const auto [animal, score] = verdict(predictor.info().classes, item.scores.value());
    if (json_) {
      json["animal"] = animal;
      json["score"] = score;
      context.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else if (frames == 1) {
      context.print(fmt::format("Image displays a {}", animal));
    } else {
      context.print(fmt::format("{}: Image displays a {} ({:.4f})", item.frame, animal, score));
    }
    return true;
  }

  std::vector<std::string> arguments_;
  std::string frames_dir_ = kDefaultFramesDir;
  std::string model_dir_ = kDefaultModelDir;
  std::string device_ = "auto";
  std::string classes_;
  ScriptFlags script_;
  double threshold_ = 0.5;
  int threads_ = 0;
  bool strict_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_infer() {
  return std::make_unique<Infer>();
}

}  // namespace animalctl::cli
