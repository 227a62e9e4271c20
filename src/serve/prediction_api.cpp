#include "serve/prediction_api.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "serve/answer.h"
#include "serve/inference_service.h"
#include "serve/prediction_answer.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kMaxConfigBytes = 64 << 10;

void fill_in(PredictionRecord& record, const ModelVersion& version, const Prediction& prediction) {
  record.picture = prediction.picture;
  record.label = label_of(version, prediction.scores);
  record.scores = prediction.scores;
  record.projection = prediction.projection;
  record.decode = prediction.decode;
  record.queued = prediction.queued;
  record.inference = prediction.inference;
}

// A bad X-Request-Timeout-Ms is told before the picture is looked at, and is not the picture's fault.
void check_limits(const http::Request& request) {
  try {
    (void)InferenceService::limits_of(request);
  } catch (const Error& error) {
    throw bad_request(error.message());
  }
}

std::string missing_text(const std::string& model, int number, const std::vector<int>& loaded) {
  return fmt::format(
      "version {} of the model {} is not loaded; {}", number, model,
      loaded.empty() ? std::string("no version of it is") : fmt::format("loaded are {}", fmt::join(loaded, ", ")));
}

}  // namespace

http::CorsSettings seed_cors() {
  http::CorsSettings cors;
  cors.origins = {"http://localhost", "http://localhost:3000"};
  cors.headers = {"*"};
  cors.credentials = true;
  return cors;
}

PredictionApi::PredictionApi(PredictionApiOptions options, PredictionModels models,
                             std::shared_ptr<PredictionSink> sink)
    : options_(std::move(options)),
      models_(std::move(models)),
      sink_(std::move(sink)),
      config_(std::make_unique<CanaryConfigFile>(options_.config_file, options_.config_without_file,
                                                 [this](const CanaryConfig& config) { require_loaded(config); })) {
  add_prediction_routes(router_, *this);
  if (sink_) {
    shadows_ = std::make_unique<ShadowRunner>(
        options_.shadow, [this](ShadowJob job) { return compute_shadow(std::move(job)); }, *sink_);
  }
}

void PredictionApi::start() {
  try {
    require_loaded(*config_->reload_unchecked());
  } catch (const ApiError& missing) {
    log::error("the prediction API is not ready", {{"reason", missing.message()}});
  }
}

PredictionApi::~PredictionApi() {
  close();
}

void PredictionApi::close() {
  if (shadows_) shadows_->close();
  if (sink_) sink_->close();
}

ShadowRunner::Counts PredictionApi::shadow_counts() const {
  return shadows_ ? shadows_->counts() : ShadowRunner::Counts{};
}

http::Response PredictionApi::refuse(int status, std::string_view message) {
  return message_answer(status, message);
}

http::Response PredictionApi::answer(http::Request& request) const {
  http::Response response;
  try {
    response = dispatch(request);
    http::apply_cors(options_.cors, request, response);
    if (!http::find_header(response.headers, "x-request-id")) {
      response.headers.emplace_back("x-request-id", new_request_id());
    }
  } catch (const std::exception& failure) {
    response = prediction_failure(failure);
  }
  if (options_.answered) options_.answered(response.status);
  return response;
}

http::Response PredictionApi::dispatch(http::Request& request) const {
  http::Router::Match match = router_.find(request.method, request.path);
  if (auto preflight = http::cors_preflight(options_.cors, request, match.allowed)) return *std::move(preflight);
  if (match.allowed.empty()) return message_answer(404, "there is nothing at this path; GET /docs lists what there is");
  if (match.handler == nullptr) {
    http::Response response = message_answer(405, fmt::format("this path takes {}", fmt::join(match.allowed, ", ")));
    response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
    return response;
  }
  try {
    request.parameters = std::move(match.parameters);
    return (*match.handler)(request);
  } catch (const std::exception& failure) {
    return prediction_failure(failure);
  }
}

std::optional<http::Response> PredictionApi::admit(const http::Request& head) const {
  if (head.method != "POST" || (head.path != "/predict" && head.path != "/upload")) return std::nullopt;
  // Which version it is for shows in the body; when none of them has room, the body need not come.
  const auto config = config_->snapshot();
  const auto versions = models_.versions();
  const auto current = find_version(versions, config->current_version);
  const auto previous = find_version(versions, config->previous_version);
  if (head.header("X-Model-Version") || !current || !current->would_refuse()) return std::nullopt;
  if (previous && previous != current && config->traffic < 1 && !previous->would_refuse()) return std::nullopt;
  if (options_.refused) options_.refused(current->facts(), 503, "queue_full");
  if (options_.answered) options_.answered(503);
  http::Response response = message_answer(503, "the server has more to do than it can; try again in a second");
  http::apply_cors(options_.cors, head, response);
  return response;
}

bool PredictionApi::ready() const {
  const auto config = config_->snapshot();
  const auto versions = models_.versions();
  return find_version(versions, config->current_version) && find_version(versions, config->previous_version);
}

void PredictionApi::reload() {
  (void)config_->reload();
}

void PredictionApi::require_loaded(const CanaryConfig& config) const {
  const auto versions = models_.versions();
  for (const int number : {config.current_version, config.previous_version}) {
    if (find_version(versions, number)) continue;
    throw ApiError(409, "Conflict", missing_text(models_.name, number, whole_versions(versions)));
  }
}

http::Response PredictionApi::predict(const http::Request& request, const SentPicture& picture) const {
  check_limits(request);
  const Digest image = sha256(picture.bytes());
  const Choice choice = choose_version(request, image);
  PredictionRecord record = new_record(picture, image);
  const Prediction prediction = models_.predict(*choice.version, as_byte_span(picture.bytes()), request);
  http::Response response = prediction_answer(*choice.version, prediction, choice.number);
  response.headers.emplace_back("x-request-id", record.request_id);
  if (sink_) {
    fill_in(record, *choice.version, prediction);
    record.version = choice.number;
    record.role = choice.role;
    record.total = Clock::now() - request.received;
    if (sink_->wants_image(record)) record.bytes = picture.shared();
    std::optional<ShadowJob> job = shadow_job(choice, picture, record);
    sink_->record(std::move(record));
    if (job) shadows_->submit(*std::move(job));
  }
  return response;
}

PredictionApi::Choice PredictionApi::choose_version(const http::Request& request, const Digest& image) const {
  if (const auto wanted = request.header("X-Model-Version")) return forced_version(*wanted);
  const auto client_key = request.header("X-Canary-Key");
  const std::uint64_t key = client_key ? canary_key(*client_key) : canary_key(image);
  auto config = config_->snapshot();
  std::optional<Choice> choice = shared_out(*config, key);
  // Another config may have come in force since the snapshot was taken, and both versions of the old one have gone.
  for (auto newer = config_->snapshot(); !choice && newer != config; newer = config_->snapshot()) {
    config = newer;
    choice = shared_out(*config, key);
  }
  if (choice) return *std::move(choice);
  throw ApiError(503, "ServiceUnavailable",
                 missing_text(models_.name, config->current_version, whole_versions(models_.versions())));
}

std::optional<PredictionApi::Choice> PredictionApi::shared_out(const CanaryConfig& config, std::uint64_t key) const {
  const Role role = choose(config, key);
  const Role other_role = role == Role::Current ? Role::Previous : Role::Current;
  Choice choice{nullptr, version_of(config, role), role, nullptr, version_of(config, other_role)};

  const auto versions = models_.versions();
  choice.version = find_version(versions, choice.number);
  const auto other = find_version(versions, choice.shadow_number);
  if (!choice.version) {
    if (!other) return std::nullopt;
    // It was loaded when the config was taken and has been unregistered since: better the other one's answer than none.
    const std::string missing = missing_text(models_.name, choice.number, whole_versions(versions));
    if (missing_log_.due()) log::warning("the canary config names a version that has gone", {{"reason", missing}});
    return Choice{other, choice.shadow_number, other_role, nullptr, 0};
  }
  if (config.shadow && other != choice.version) choice.shadow = other;
  return choice;
}

PredictionApi::Choice PredictionApi::forced_version(const std::string& wanted) const {
  const auto number = whole_version(trim(wanted));
  if (!number) {
    throw ApiError(400, "BadRequest", fmt::format("X-Model-Version is \"{}\"; it is a whole number, e.g. 2", wanted));
  }
  const auto versions = models_.versions();
  auto version = find_version(versions, *number);
  if (!version) throw ApiError(404, "NotFound", missing_text(models_.name, *number, whole_versions(versions)));
  return {std::move(version), *number, Role::Forced, nullptr, 0};
}

PredictionRecord PredictionApi::new_record(const SentPicture& picture, const Digest& image) const {
  PredictionRecord record;
  record.request_id = new_request_id();
  record.time = std::chrono::system_clock::now();
  record.image = image;
  record.image_bytes = picture.bytes().size();
  record.model = models_.name;
  return record;
}

std::optional<ShadowJob> PredictionApi::shadow_job(const Choice& choice, const SentPicture& picture,
                                                   const PredictionRecord& answered) const {
  if (!choice.shadow) return std::nullopt;
  ShadowJob job{choice.shadow, answered.bytes ? answered.bytes : picture.shared(), answered};
  job.record.version = choice.shadow_number;
  job.record.role = Role::Shadow;
  job.record.bytes = nullptr;  // the answered record keeps the picture already
  return job;
}

PredictionRecord PredictionApi::compute_shadow(ShadowJob job) const {
  http::Request nobody;  // no client waits, no limit of a client's
  nobody.received = Clock::now();
  const Prediction prediction = models_.predict(*job.version, as_byte_span(*job.picture), nobody);
  fill_in(job.record, *job.version, prediction);
  job.record.total = Clock::now() - nobody.received;
  return std::move(job.record);
}

http::Response PredictionApi::health() const {
  if (ready()) return compact_json_answer(200, nlohmann::ordered_json::object());
  const auto config = config_->snapshot();
  const auto versions = models_.versions();
  const int missing =
      find_version(versions, config->current_version) ? config->previous_version : config->current_version;
  return message_answer(503, missing_text(models_.name, missing, whole_versions(versions)));
}

http::Response PredictionApi::get_config() const {
  return compact_json_answer(200, nlohmann::ordered_json::parse(to_json(*config_->snapshot())));
}

http::Response PredictionApi::update_config(const http::Request& request) const {
  if (options_.guard_config) {
    if (auto refusal = options_.guard_config(request)) return *std::move(refusal);
  }
  try {
    if (trim(request.body).empty()) {
      (void)config_->reload();
    } else {
      if (request.body.size() > kMaxConfigBytes) throw ApiError(413, "ContentTooLarge", "a config has at most 64 KiB");
      (void)config_->replace(parse_canary_config(request.body, "the new config"));
    }
  } catch (const ApiError& error) {
    throw ApiError(error.status(), error.type(), error.message() + "; the config in use stays");
  } catch (const Error& error) {
    const bool not_json = error.code() == ErrorCode::DataLoss && !request.body.empty();
    const bool readable = error.code() == ErrorCode::DataLoss || error.code() == ErrorCode::InvalidArgument;
    if (!readable) log::error("the canary config cannot be changed", {{"reason", error.message()}});
    throw ApiError(not_json ? 400 : readable ? 422 : 500, "Config", error.message() + "; the config in use stays");
  }
  log::info("the canary config has changed", {{"config", to_json(*config_->snapshot())}});
  return get_config();
}

}  // namespace animalctl::serve
