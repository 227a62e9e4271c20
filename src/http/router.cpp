#include "animalctl/http/router.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "http/target.h"

namespace animalctl::http {
namespace {

// The segments of a path; "/" has one, empty. Nothing when it does not begin with '/'.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.starts_with('/')) return segments;
  segments.reserve(8);
  for (path.remove_prefix(1);;) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

[[noreturn]] void refuse_route(std::string_view pattern, std::string_view why) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("the route {} {}", pattern, why));
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  if (!pattern.starts_with('/')) refuse_route(pattern, "does not begin with '/'");
  if (method.empty() || !handler) refuse_route(pattern, "has no method or no handler");
  Route route{std::string(method), {}, std::move(handler)};
  for (const std::string_view text : segments_of(pattern)) {
    Segment segment;
    const std::size_t close = text.find('}');
    if (text.starts_with('{') && close != std::string_view::npos && close > 1) {
      segment.name = std::string(text.substr(1, close - 1));
      segment.literal = std::string(text.substr(close + 1));
      if (!segment.literal.empty() && !segment.literal.starts_with(':')) {
        refuse_route(pattern, "has something else than :verb behind a name");
      }
    } else {
      segment.literal = std::string(text);
    }
    if (segment.literal.find_first_of("{}") != std::string::npos) refuse_route(pattern, "has a brace out of place");
    for (const Segment& earlier : route.segments) {
      if (!segment.name.empty() && earlier.name == segment.name) refuse_route(pattern, "has a name twice");
    }
    route.segments.push_back(std::move(segment));
  }
  const auto same = [&route](const Segment& a, const Segment& b) {
    return a.literal == b.literal && a.name.empty() == b.name.empty();
  };
  for (const Route& other : routes_) {
    if (other.method == route.method &&
        std::equal(other.segments.begin(), other.segments.end(), route.segments.begin(), route.segments.end(), same)) {
      throw Error(ErrorCode::AlreadyExists, fmt::format("the route {} {} is there already", method, pattern));
    }
  }
  routes_.push_back(std::move(route));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  const std::vector<std::string_view> segments = segments_of(path);
  const auto matches = [](const Segment& wanted, std::string_view segment) {
    if (wanted.name.empty()) return segment == wanted.literal;
    return segment.size() > wanted.literal.size() && segment.ends_with(wanted.literal);
  };
  // 0 literal, 1 named with a verb, 2 named: the smaller, segment by segment from the left, the closer.
  const auto closer = [](const Route& a, const Route& b) {
    const auto rank = [](const Segment& segment) {
      if (segment.name.empty()) return 0;
      return segment.literal.empty() ? 2 : 1;
    };
    return std::lexicographical_compare(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                                        [&rank](const Segment& x, const Segment& y) { return rank(x) < rank(y); });
  };
  Match match;
  const Route* best = nullptr;
  const Route* best_get = nullptr;
  for (const Route& route : routes_) {
    if (!std::equal(route.segments.begin(), route.segments.end(), segments.begin(), segments.end(), matches)) continue;
    match.allowed.push_back(route.method);
    if (route.method == method && (best == nullptr || closer(route, *best))) best = &route;
    if (route.method == "GET" && (best_get == nullptr || closer(route, *best_get))) best_get = &route;
  }
  if (best_get != nullptr) match.allowed.emplace_back("HEAD");
  std::sort(match.allowed.begin(), match.allowed.end());
  match.allowed.erase(std::unique(match.allowed.begin(), match.allowed.end()), match.allowed.end());
  if (best == nullptr && method == "HEAD") best = best_get;
  if (best == nullptr) return match;
  match.handler = &best->handler;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = best->segments[i];
    if (segment.name.empty()) continue;
    const std::string_view value = segments[i].substr(0, segments[i].size() - segment.literal.size());
    match.parameters.emplace(segment.name, decode_kept(value));
  }
  return match;
}

}  // namespace animalctl::http
