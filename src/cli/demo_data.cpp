#include <fmt/core.h>

#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/dataset/annotation.h"
#include "cli/command.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

class DemoData final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Workspace folder; gets frames/ and annotations/")->required();
    app.add_option("--count", count_, "How many images, half of them cats")
        ->type_name("N")
        ->check(integer_between(2, 1'000'000))
        ->capture_default_str();
    app.add_option("--seed", seed_, "The same seed draws the same images")
        ->type_name("S")
        ->check(integer_between(0, 1LL << 53))
        ->capture_default_str();
    app.add_option("--format", format_, "png or jpeg")->check(one_of({"png", "jpeg"}))->capture_default_str();
    declare_threads(app, threads_);
    app.footer("Example: animalctl demo-data data/cats_and_dogs --count 1000");
  }

  int run(Context& context) override {
    const fs::path frames = fs::path(dir_) / "frames";
    const fs::path annotations = fs::path(dir_) / "annotations";
    require_empty(frames);
    require_empty(annotations);
    create_folders(frames);
    create_folders(annotations);
    const Engine& engine = context.engine();
    const auto count = static_cast<std::size_t>(count_);
    Terminal& terminal = context.terminal();
    terminal.begin("drawing", count);
    parallel_for(
        count, threads_ > 0 ? threads_ : available_cores(),
        [&](std::size_t i) { draw(engine, frames, annotations, i); }, [&](std::size_t done) { terminal.advance(done); },
        context.stop());
    terminal.end();
    if (context.stop().stop_requested()) {
      throw Error(ErrorCode::Cancelled, fmt::format("stopped; {} holds only a part of the images", dir_));
    }
    context.print(fmt::format("Drew {} images ({} cats, {} dogs) into {}", count, (count + 1) / 2, count / 2, dir_));
    return 0;
  }

 private:
  // Two sets mixed in one folder would not be what either seed names.
  static void require_empty(const fs::path& folder) {
    std::error_code ignored;
    if (fs::exists(folder, ignored) && !fs::is_empty(folder, ignored)) {
      throw Error(ErrorCode::AlreadyExists,
                  fmt::format("{} is not empty; name another folder or empty it first", folder.string()));
    }
  }

  void draw(const Engine& engine, const fs::path& frames, const fs::path& annotations, std::size_t i) const {
    const bool dog = i % 2 == 1;
    const bool png = format_ == "png";
    const std::string stem = fmt::format("{}.{}", dog ? "dog" : "cat", i / 2);
    write_file_atomic(frames / (stem + (png ? ".png" : ".jpg")),
                      engine.draw_demo_frame(dog, static_cast<std::uint64_t>(seed_), i, png));
    Annotation annotation;
    annotation.label = dog ? "DOG" : "CAT";
    annotation.source = "manual";
    write_file_atomic(annotations / (stem + ".json"), to_json(annotation));
  }

  std::string dir_;
  long long count_ = 1000;
  long long seed_ = 0;
  std::string format_ = "png";
  int threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_demo_data() {
  return std::make_unique<DemoData>();
}

}  // namespace animalctl::cli
