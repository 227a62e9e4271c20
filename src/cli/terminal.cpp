#include "cli/terminal.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {

constexpr int kBarWidth = 28;
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
// Shorter stretches end before a person could read the bar.
constexpr auto kFirstDraw = std::chrono::milliseconds(300);

std::string remaining_text(double seconds) {
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

Terminal::Terminal() : interactive_(::isatty(STDERR_FILENO) != 0) {}

Terminal::~Terminal() {
  wipe();
}

void Terminal::print_line(std::string_view line) {
  wipe();
  failed_ |= std::fwrite(line.data(), 1, line.size(), stdout) != line.size();
  failed_ |= std::fputc('\n', stdout) == EOF;
}

void Terminal::flush() {
  if (std::fflush(stdout) != 0 || failed_) throw error_from_errno(errno, "write to standard output");
}

void Terminal::begin(std::string_view what, std::size_t total) {
  what_ = what;
  total_ = total;
  done_ = 0;
  started_ = drawn_ = std::chrono::steady_clock::now();
}

void Terminal::advance(std::size_t done) {
  done_ = done;
  if (!interactive_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - started_ < kFirstDraw || now - drawn_ < kRedrawInterval) return;
  drawn_ = now;
  draw();
}

void Terminal::end() {
  wipe();
}

void Terminal::draw() {
  const double share = total_ == 0 ? 1.0 : static_cast<double>(done_) / static_cast<double>(total_);
  const int filled = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  const double elapsed = std::chrono::duration<double>(drawn_ - started_).count();
  const double left = share > 0 ? elapsed / share - elapsed : 0;
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  const std::string line = fmt::format(
      "\r\x1b[2K{} [{}{}] {}/{}  {:.0f}/s  {} left", what_, std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(kBarWidth - filled), '.'), done_, total_, rate, remaining_text(left));
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Terminal::wipe() {
  if (!shown_) return;
  std::fputs("\r\x1b[2K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace animalctl::cli
