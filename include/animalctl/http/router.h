#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "animalctl/http/message.h"

namespace animalctl::http {

// A table of routes. A pattern is a path whose segments are literal, "{name}" (one segment that is not empty) or
// "{name}:verb" (a segment ending in ":verb", KServe's form). Literal segments win over named ones, earlier routes over
// later ones. HEAD is answered by GET's handler. Immutable once serving; find() is thread-safe.
class Router {
 public:
  // Throws InvalidArgument (a pattern of another form, no handler), AlreadyExists (method and pattern added before).
  void add(std::string_view method, std::string_view pattern, Handler handler);

  struct Match {
    const Handler* handler = nullptr;                            // null: no route of that path, or none of that method
    std::map<std::string, std::string, std::less<>> parameters;  // decoded to the end: "a%2Fb" is "a/b"
    std::vector<std::string> allowed;  // methods of the path, sorted, for Allow; empty: nothing has that path
  };
  // `path` as in Request::path.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Segment {
    std::string literal;  // of a named segment: what it must end in (":predict"), or ""
    std::string name;     // "" for a literal one
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace animalctl::http
