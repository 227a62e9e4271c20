#include "orchestrate/step_runner.h"

#include <filesystem>
#include <set>
#include <string>

#include "animalctl/base/file.h"
#include "orchestrate/run_folder.h"
#include "orchestrate/run_retention.h"
#include "orchestrate/workspace_lock.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;

StepOutput shell(const TemporaryFolder& folder, const std::string& script, StepSettings settings = {},
                 const std::stop_token& stop = {}) {
  StepRunner runner(settings, "/bin/sh");
  return runner.run({{"-c", script}, folder / "step.log", {0, 4}}, stop);
}

TEST_CASE("a step's answer comes from its output, and its log stays in a file", "[orchestrate]") {
  const TemporaryFolder folder;
  const StepOutput output = shell(folder, "echo answer; echo words >&2; exit 4");
  CHECK(output.exit_code == 4);
  CHECK(output.text == "answer\n");
  CHECK(read_text_file(folder / "step.log") == "words\n");
  // More than a pipe holds.
  CHECK(shell(folder, "head -c 1000000 /dev/zero | tr '\\0' x").text.size() == 1'000'000);
}

TEST_CASE("a step that fails says why with its last words", "[orchestrate]") {
  const TemporaryFolder folder;
  using test::require_error;
  require_error(ErrorCode::FailedPrecondition, "no images", [&] { shell(folder, "echo no images >&2; exit 3"); });
  require_error(ErrorCode::InvalidArgument, "exit code 2", [&] { shell(folder, "exit 2"); });
  require_error(ErrorCode::Unavailable, "exit code 1", [&] { shell(folder, "exit 1"); });
  require_error(ErrorCode::ResourceExhausted, "signal 9", [&] { shell(folder, "kill -9 $$"); });
  StepSettings settings;
  settings.time_limit = 50ms;
  require_error(ErrorCode::DeadlineExceeded, "time limit", [&] { shell(folder, "exec sleep 60", settings); });
  std::stop_source stop;
  stop.request_stop();
  require_error(ErrorCode::Cancelled, "stopped", [&] { shell(folder, "exec sleep 60", {}, stop.get_token()); });
}

TEST_CASE("a step's folder appears whole or not at all", "[orchestrate]") {
  const TemporaryFolder folder;
  const RunFolder run(folder / "runs", folder / "logs", "run-000001");
  const std::filesystem::path work = run.begin("train", false);
  write_file_atomic(work / "inner" / "model", "weights");
  CHECK_FALSE(run.has("train"));
  CHECK(std::filesystem::exists(run.begin("train", true) / "inner" / "model"));
  run.finish("train");
  CHECK(run.has("train"));
  CHECK(read_text_file(run.step("train") / "inner" / "model") == "weights");
  write_file_atomic(run.begin("check", true) / "left", "x");
  CHECK(std::filesystem::is_empty(run.begin("check", false)));
}

TEST_CASE("a file is put in place over another, whatever is linked to it", "[orchestrate]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "new");
  write_file_atomic(folder / "store" / "b", "old");
  for (int again = 0; again < 2; ++again) {
    place_file(folder / "a", folder / "store" / "b");
    CHECK(read_text_file(folder / "store" / "b") == "new");
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "store"), {}) == 1);
  }
}

TEST_CASE("old runs go, but for the newest and those that are needed", "[orchestrate]") {
  const TemporaryFolder folder;
  for (const char* name :
       {"run-000001", "run-000002", "run-000003", "run-999999", "run-1000000", "run-notes", "mine"}) {
    write_file_atomic(folder / "runs" / name / "file", "x");
    write_file_atomic(folder / "logs" / name / "train.log", "x");
  }
  remove_old_runs(folder / "runs", folder / "logs", 2, {"run-000002"});
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs")) left.insert(entry.path().filename());
  CHECK(left == std::set<std::string>{"run-000002", "run-999999", "run-1000000", "run-notes", "mine"});
  CHECK_FALSE(std::filesystem::exists(folder / "logs" / "run-000001"));
  remove_old_runs(folder / "none", folder / "logs", 2, {});
}

TEST_CASE("one workspace has one orchestrator", "[orchestrate]") {
  const TemporaryFolder folder;
  {
    const WorkspaceLock lock(folder / "runs" / "lock");
    test::require_error(ErrorCode::Unavailable, "another orchestrator",
                        [&] { WorkspaceLock(folder / "runs" / "lock"); });
  }
  const WorkspaceLock again(folder / "runs" / "lock");
}

}  // namespace
}  // namespace animalctl::orchestrate
