#pragma once

#include <cstddef>
#include <string_view>

namespace animalctl {

// Where long work reports how far it is. The command decides what a person sees: a bar on a
// terminal, nothing in a pipe. Called from one thread.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // Starts a stretch of `total` steps, e.g. begin("decoding", 8000).
  virtual void begin(std::string_view what, std::size_t total) = 0;
  // `done` steps of the stretch are over; cheap enough for every image.
  virtual void advance(std::size_t done) = 0;
  virtual void end() = 0;
};

// Shows nothing: for tests and library users.
class SilentProgress final : public ProgressSink {
 public:
  void begin(std::string_view, std::size_t) override {}
  void advance(std::size_t) override {}
  void end() override {}
};

}  // namespace animalctl
