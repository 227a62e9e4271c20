#include "train/workspace.h"

#include <fmt/core.h>

#include "animalctl/base/file.h"
#include "animalctl/image/demo.h"
#include "animalctl/image/transform.h"

namespace animalctl::test {

Workspace::Workspace() : folder_(std::make_shared<TemporaryFolder>()) {
  create_folders(frames());
  create_folders(annotations());
}

Workspace Workspace::drawn(int count, int train_count) {
  Workspace workspace;
  std::vector<std::string> train;
  std::vector<std::string> val;
  for (int i = 0; i < count; ++i) {
    const std::string name = fmt::format("{}.png", i);
    workspace.add_frame(name, draw_demo_animal(i % 2 == 1, 7, static_cast<std::uint64_t>(i), 48),
                        i % 2 == 1 ? "DOG" : "CAT");
    (i < train_count ? train : val).push_back(name);
  }
  workspace.write_snapshots(train, val);
  return workspace;
}

Workspace Workspace::seed_frames() {
  Workspace workspace;
  constexpr const char* kLabels[] = {"CAT", "DOG", "DOG", "CAT", "DOG"};
  for (int i = 0; i < 5; ++i) {
    const std::string name = fmt::format("{}.png", i);
    write_file_atomic(workspace.frames() / name, read_file(golden_path("training/frames") / name));
    write_file_atomic(workspace.annotations() / fmt::format("{}.json", i),
                      fmt::format(R"({{"label": "{}"}})", kLabels[i]));
  }
  workspace.write_snapshots({"4.png", "2.png", "1.png"}, {"3.png"});
  return workspace;
}

void Workspace::add_frame(const std::string& name, const ImageU8& image, const std::string& label) {
  write_file_atomic(frames() / name, encode_png(image));
  const std::filesystem::path stem = std::filesystem::path(name).stem();
  write_file_atomic(annotations() / (stem.string() + ".json"), fmt::format(R"({{"label": "{}"}})", label));
}

void Workspace::write_snapshots(const std::vector<std::string>& train, const std::vector<std::string>& val) {
  const auto write = [this](const char* file, const std::vector<std::string>& names) {
    std::string text = "frame_filename\n";
    for (const std::string& name : names) text += (frames() / name).string() + "\n";
    write_file_atomic(path(file), text);
  };
  write("train.csv", train);
  write("val.csv", val);
}

TrainConfig Workspace::config(const std::string& model_name) const {
  TrainConfig config;
  config.train_csv = path("train.csv");
  config.val_csv = path("val.csv");
  config.frames_dir = frames();
  config.annotations_dir = annotations();
  config.model_dir = models();
  config.cache_dir = path("cache");
  config.model_name = model_name;
  config.device = Device::Cpu;
  config.threads = 2;
  return config;
}

}  // namespace animalctl::test
