#include "cli/settings.h"

#include <map>

#include "cli/validators.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using cli::LayeredSettings;

struct Sample {
  CLI::App app{"", "train"};
  double lr = 0.5;
  int batch_size = 1;
  bool resume = false;
  std::string name;

  Sample() {
    app.add_option("--lr", lr)->check(cli::number_above(0))->capture_default_str();
    app.add_option("--batch-size", batch_size)->capture_default_str();
    app.add_flag("--resume", resume);
    app.add_option("--model-filename", name);
  }
  void parse(const std::string& line) { app.parse(line, false); }
};

LayeredSettings settings_with(std::map<std::string, std::string> environment) {
  return LayeredSettings([environment](const std::string& name) -> std::optional<std::string> {
    const auto entry = environment.find(name);
    return entry == environment.end() ? std::nullopt : std::optional(entry->second);
  });
}

}  // namespace

TEST_CASE("flags win over the environment, that over .env, that over the file, that over defaults") {
  LayeredSettings settings = settings_with({{"ANIMALCTL_LR", "0.1"}, {"ANIMALCTL_BATCH_SIZE", "2"}});
  settings.read_dot_env("ANIMALCTL_BATCH_SIZE=3\nANIMALCTL_MODEL_FILENAME=\"from env\"\n", ".env");
  settings.read_toml("model-filename = 'file'\n[train]\nresume = true\nbatch-size = 9\n", "a.toml");
  Sample sample;
  sample.parse("--lr 0.2");
  settings.apply(sample.app);
  CHECK(sample.lr == 0.2);
  CHECK(sample.batch_size == 2);
  CHECK(sample.name == "from env");
  CHECK(sample.resume);
  const std::string printed = settings.print(sample.app);
  CHECK(contains(printed, "lr = 0.2  # command line"));
  CHECK(contains(printed, "batch-size = 2  # environment ANIMALCTL_BATCH_SIZE"));
  CHECK(contains(printed, "model-filename = 'from env'  # .env ANIMALCTL_MODEL_FILENAME"));
  CHECK(contains(printed, "resume = true  # a.toml"));
}

TEST_CASE("the seed's variable names work and ours win over them") {
  const LayeredSettings seed =
      settings_with({{"LEARNING_RATE", "0.3"}, {"BATCH_SIZE", "7"}, {"ANIMALCTL_BATCH_SIZE", "8"}});
  Sample sample;
  sample.parse("");
  seed.apply(sample.app);
  CHECK(sample.lr == 0.3);
  CHECK(sample.batch_size == 8);
}

TEST_CASE("a table of the command wins over the top level of the file") {
  LayeredSettings settings = settings_with({});
  settings.read_toml("lr = 0.1\n[train]\nlr = 0.2\n[evaluate]\nlr = 0.3\n", "a.toml");
  Sample sample;
  sample.parse("");
  settings.apply(sample.app);
  CHECK(sample.lr == 0.2);
}

TEST_CASE("a refused value names its source and an unknown key the nearest one") {
  Sample sample;
  sample.parse("");
  require_error(ErrorCode::InvalidArgument, "from environment ANIMALCTL_LR", [&] {
    settings_with({{"ANIMALCTL_LR", "-1"}}).apply(sample.app);
  });
  LayeredSettings typo = settings_with({});
  typo.read_toml("[train]\nbatchsize = 1\n", "a.toml");
  require_error(ErrorCode::InvalidArgument, "did you mean \"batch-size\"?", [&] { typo.apply(sample.app); });
}

TEST_CASE("a .env file knows comments, export and quotes, and a bad line is named") {
  LayeredSettings settings = settings_with({});
  settings.read_dot_env("# comment\n\nexport ANIMALCTL_LR=0.25 # why\nANIMALCTL_MODEL_FILENAME='a # b'\n", ".env");
  Sample sample;
  sample.parse("");
  settings.apply(sample.app);
  CHECK(sample.lr == 0.25);
  CHECK(sample.name == "a # b");
  require_error(ErrorCode::DataLoss, ".env line 2", [&] { settings.read_dot_env("A=1\nnonsense\n", ".env"); });
}

TEST_CASE("a settings file that is not TOML, or holds a value no setting can have, is refused") {
  LayeredSettings settings = settings_with({});
  require_error(ErrorCode::InvalidArgument, "a.toml line 2: not TOML",
                [&] { settings.read_toml("a = 1\nb = = 2\n", "a.toml"); });
  require_error(ErrorCode::InvalidArgument, "no setting has",
                [&] { settings.read_toml("a = 2020-01-01\n", "a.toml"); });
}

}  // namespace animalctl::test
