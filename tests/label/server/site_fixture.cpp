#include "label/server/site_fixture.h"

#include <unistd.h>

#include "animalctl/base/file.h"

namespace animalctl::test {

using nlohmann::ordered_json;

Site::Site() {
  settings.login = true;
  settings.guard.origins = settings.cors.origins = {"http://localhost:3000"};
  settings.guard.same_site_reads = true;
  settings.cors.headers = {"Content-Type"};
  std::filesystem::create_directories(files.options.frames_dir);
}

void Site::open() {
  files.open();
  if (people.empty()) {
    access_ = std::make_unique<label::Access>();
  } else {
    ordered_json json = {{"format", 1}, {"people", ordered_json::array()}};
    for (const label::Person& person : people) {
      json["people"].push_back({{"name", person.name}, {"role", name_of(person.role)}, {"token", person.token}});
    }
    AtomicFile file(files.folder / "tokens.json", 0600);
    file.write(json.dump());
    file.commit();
    access_ = std::make_unique<label::Access>(files.folder / "tokens.json");
  }
  if (!model.url.empty()) predictions_ = std::make_unique<label::PredictionClient>(model, store());
  rate_ = std::make_unique<label::RateLimit>(rate, rate);
  context_ = std::make_unique<label::LabelContext>(label::LabelContext{store(), *access_, predictions_.get(), 0.05});
  api_ = std::make_unique<label::LabelApi>(*context_);
  seed_ = std::make_unique<label::SeedApi>(*context_);
  transfer_ = std::make_unique<label::TransferApi>(*context_, label::TransferSettings{});
  console::ConsoleSettings places;
  places.database = "sqlite:" + (files.folder / "console.db").string();
  places.registry_dir = files.folder / "registry";
  places.model_store = files.folder / "model_store";
  places.canary_config = files.folder / "config.json";
  places.runs_dir = files.folder / "runs";
  places.log_dir = files.folder / "logs";
  console_ = std::make_unique<console::ConsoleApi>(places, [this](const http::Request& request) {
    const auto caller = access_->caller_of(request);
    return caller ? caller->name : "";
  });
  http::Router router;
  label::add_page_routes(router, {*api_, *seed_, *transfer_, *console_, nullptr, nullptr});
  dispatcher_ = std::make_unique<label::LabelDispatcher>(std::move(router), *access_, *rate_, settings);
}

http::Response Site::ask(const Question& question) const {
  http::Request request;
  request.method = question.method;
  request.path = question.path;
  request.query = question.query;
  request.headers = question.headers;
  request.remote_address = question.address;
  if (!question.host.empty()) request.headers.emplace_back("Host", question.host);
  if (question.method == "POST") {
    if (!question.type.empty()) request.headers.emplace_back("Content-Type", question.type);
    request.headers.emplace_back("Content-Length", std::to_string(question.body.size()));
  }
  if (auto refused = dispatcher_->admit(request)) return *std::move(refused);
  request.body = question.body;
  return dispatcher_->answer(request);
}

http::Response Site::get(const std::string& path, std::vector<std::pair<std::string, std::string>> query) const {
  Question question;
  question.path = path;
  question.query = std::move(query);
  return ask(question);
}

http::Response Site::post(const std::string& path, const ordered_json& body, http::Headers headers) const {
  Question question;
  question.method = "POST";
  question.path = path;
  question.body = body.is_string() ? body.get<std::string>() : body.dump();
  question.headers = std::move(headers);
  return ask(question);
}

ordered_json Site::change(ordered_json change, http::Headers headers) const {
  const http::Response answer =
      post("/api/labels", {{"changes", ordered_json::array({std::move(change)})}}, std::move(headers));
  return answer.status == 200 ? json_in(answer)["results"][0] : ordered_json{{"status", answer.status}};
}

ordered_json json_in(const http::Response& response) {
  return ordered_json::parse(response.body);
}

std::string body_of(const http::Response& response) {
  if (!response.file) return response.body;
  std::string content(response.file->bytes(), '\0');
  const ssize_t count = ::pread(response.file->descriptor(), content.data(), content.size(), 0);
  content.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return content;
}

std::string token_of(std::string_view name) {
  std::string token(name);
  token.resize(43, 'x');
  return token;
}

}  // namespace animalctl::test
