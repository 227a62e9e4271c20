#include "cli/up_output.h"

#include <fmt/core.h>

#include <cstdio>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "cli/up_parts.h"

namespace animalctl::cli {
namespace {

using Json = nlohmann::ordered_json;

// One write a line, so that lines of two streams never mix.
void write_line(std::FILE* stream, std::string line) {
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stream);
  std::fflush(stream);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The line as a JSON object; nothing when it is none.
Json as_object(std::string_view text) {
  if (!text.starts_with('{')) return nullptr;
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

bool says_ready(const Json& json) {
  const auto found = json.find("ready");
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

std::string member_text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

UpOutput::UpOutput(bool json, log::Format log_format, std::size_t longest_name, std::FILE* out, std::FILE* log)
    : json_(json), log_format_(log_format), longest_name_(longest_name), out_(out), log_(log) {}

void UpOutput::line(const std::string& part, bool is_error, std::string_view text) {
  if (!is_error) {
    const Json json = as_object(text);
    if (says_ready(json)) {
      ready(part, json);
      return;
    }
  }
  log_line(part, text);
}

void UpOutput::log_line(const std::string& part, std::string_view text) const {
  if (log_format_ == log::Format::Json) {
    Json json = {{"part", part}};
    const Json fields = as_object(text);
    if (fields.is_object()) {
      json.update(fields);
    } else {
      json["message"] = text;
    }
    write_line(log_, dump(json));
    return;
  }
  write_line(log_, fmt::format("{:<{}} | {}", part, longest_name_, text));
}

void UpOutput::ready(const std::string& part, const Json& line) const {
  if (json_) {
    Json json = {{"part", part}};
    json.update(line);
    write_line(out_, dump(json));
    return;
  }
  const auto link = [&](const char* what, const std::string& url) {
    if (!url.empty()) write_line(out_, fmt::format("{:<28}{}", what, url));
  };
  if (part == kLabelPart) {
    link("Label, review, watch:", member_text(line, "link"));
    link("The seed's labelling API:", member_text(line, "api"));
  } else if (part == kServePart) {
    link("Ask the model:", member_text(line, "prediction"));
    link("TorchServe inference:", member_text(line, "inference"));
    link("TorchServe management:", member_text(line, "management"));
    link("Prometheus metrics:", member_text(line, "metrics"));
  } else {
    write_line(out_, fmt::format("{} is ready", part));
  }
}

void UpOutput::event(const process::PartEvent& event) {
  using Kind = process::PartEvent::Kind;
  const std::string why = event.end ? event.end->words() : event.reason;
  switch (event.kind) {
    case Kind::Started:
      log::info("a part was started", {{"part", event.part}, {"pid", event.pid}});
      return;
    case Kind::Restarting:
      log::warning(
          "a part has ended and is started again",
          {{"part", event.part}, {"reason", why}, {"after_seconds", static_cast<double>(event.delay.count()) / 1000}});
      return;
    case Kind::GaveUp:
      log::error("a part cannot start and is given up; what it printed says why, the others go on",
                 {{"part", event.part}, {"reason", event.reason}});
      return;
    case Kind::Stopped:
      log::info("a part has stopped", {{"part", event.part}, {"how", why}});
      return;
  }
}

}  // namespace animalctl::cli
