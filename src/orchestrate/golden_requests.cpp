#include "orchestrate/golden_requests.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "animalctl/http/base64.h"
#include "animalctl/http/client.h"
#include "orchestrate/json_numbers.h"
#include "orchestrate/served_archive.h"

namespace animalctl::orchestrate {
namespace {

// An image over this size is no golden request.
constexpr std::uint64_t kMaxImage = std::uint64_t{16} << 20;

struct GoldenAnswer {
  std::string animal;  // lower case
  double score = 0;
};

std::vector<GoldenAnswer> expected_answers(StepRunner& runner, const GoldenQuestion& question,
                                           const std::stop_token& stop) {
  StepCommand command;
  command.arguments = {"infer", "--json"};
  for (const auto& image : question.images) command.arguments.push_back(image.string());
  command.arguments.push_back(question.checkpoint.string());
  command.log_file = question.log_file;
  const StepOutput output = runner.run(command, stop);
  std::vector<GoldenAnswer> answers;
  for (const std::string& line : split(trim(output.text), '\n')) {
    const nlohmann::json json = parse_json(line, "infer");
    answers.push_back({json.value("animal", ""), number_at(json, "/score")});
  }
  if (answers.size() != question.images.size()) {
    throw Error(ErrorCode::DataLoss,
                fmt::format("infer answered {} of {} images", answers.size(), question.images.size()));
  }
  return answers;
}

// What is wrong with one answer; "" when nothing is.
std::string compare_answer(const http::ClientAnswer& answer, const GoldenAnswer& expected,
                           const GoldenQuestion& question) {
  if (answer.status != 200) return fmt::format("status {}", answer.status);
  const nlohmann::json json = parse_json(answer.body, "serve");
  const double score = number_at(json, "/score");
  const double version = number_at(json, "/version");
  if (version != static_cast<double>(question.version)) return fmt::format("version {}", version);
  if (std::abs(score - expected.score) > question.tolerance) {
    return fmt::format("score {:.4f} instead of {:.4f}", score, expected.score);
  }
  const bool near = std::abs(expected.score - 0.5) <= question.tolerance;
  const std::string animal = to_lower(json.value("animal", ""));
  if (animal != expected.animal && !near) return fmt::format("{} instead of {}", animal, expected.animal);
  return "";
}

}  // namespace

Gate ask_golden_requests(StepRunner& runner, const GoldenQuestion& question, const std::stop_token& stop) {
  if (question.images.empty()) return {"archive", GateVerdict::Skipped, "there are no images to ask with"};
  const std::vector<GoldenAnswer> expected = expected_answers(runner, question, stop);
  const ServedArchive server(
      runner, {question.archive, question.model, question.version, question.scratch, question.log_file}, stop);
  http::ClientOptions options;
  options.read_timeout = std::chrono::seconds(30);
  http::Client client(server.url(), options);
  std::string wrong;
  std::size_t count = 0;
  for (std::size_t i = 0; i < question.images.size(); ++i) {
    if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped during the golden requests");
    const Bytes image = read_file(question.images[i], kMaxImage);
    const nlohmann::json body = {{"base_64_str", http::base64_encode(image)}};
    const Result<http::ClientAnswer> answer = client.post("/predict", "application/json", body.dump());
    const std::string problem =
        answer ? compare_answer(answer.value(), expected[i], question) : answer.error().message();
    if (problem.empty()) continue;
    if (++count <= 3) {
      wrong += fmt::format("{}{}: {}", wrong.empty() ? "" : ", ", question.images[i].filename().string(), problem);
    }
  }
  const std::string reason =
      count == 0 ? fmt::format("serve answered {} golden requests as infer does", question.images.size())
                 : fmt::format("serve answered {} of {} golden requests otherwise than infer: {}", count,
                               question.images.size(), wrong);
  return {"archive", count == 0 ? GateVerdict::Pass : GateVerdict::Fail, reason};
}

}  // namespace animalctl::orchestrate
