#include <dlfcn.h>
#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "animalctl/base/error.h"
#include "engine/entry.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLibraryName = "libanimalctl_engine.so";

std::vector<fs::path> candidates() {
  if (const char* chosen = std::getenv("ANIMALCTL_ENGINE")) return {chosen};
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  const fs::path root = program.parent_path().parent_path();
  return {root / "lib" / kLibraryName, root / "lib" / "animalctl" / kLibraryName};
}

void* open_library() {
  std::string looked;
  for (const fs::path& path : candidates()) {
    std::error_code code;
    if (!fs::exists(path, code)) {
      looked += fmt::format("\n  not at {}", path.string());
      continue;
    }
    // Read by OpenBLAS and libgomp when they are mapped: the networks here are small, and threads that spin for
    // work beside our own data workers, or another program, cost more than they bring. A very short spin saves the way
    // through the kernel between two operations (docs/performance.md). What the user set stays.
    ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
    if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "1000", 0);
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    // Never closed again: LibTorch registers exit handlers that must stay mapped.
    if (void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    looked += fmt::format("\n  {}", ::dlerror());
  }
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot open {}, which this command needs; install it beside the program or name it in "
                          "ANIMALCTL_ENGINE:{}",
                          kLibraryName, looked));
}

template <typename Function>
Function* symbol(void* library, const char* name) {
  void* address = ::dlsym(library, name);
  if (address == nullptr) {
    throw Error(ErrorCode::Unavailable, fmt::format("{} has no {}: it belongs to another program", kLibraryName, name));
  }
  return reinterpret_cast<Function*>(address);
}

}  // namespace

std::unique_ptr<Engine> open_engine(const log::Settings& log) {
  void* const library = open_library();
  const int interface = symbol<EngineInterfaceFunction>(library, kEngineInterfaceSymbol)();
  if (interface != kEngineInterface) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{} is of another version (interface {}, this program needs {}); install both together",
                            kLibraryName, interface, kEngineInterface));
  }
  return std::unique_ptr<Engine>(symbol<MakeEngineFunction>(library, kMakeEngineSymbol)(log));
}

}  // namespace animalctl
