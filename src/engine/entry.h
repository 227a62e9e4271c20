#pragma once

#include "animalctl/engine/engine.h"

namespace animalctl {

// Version of the Engine interface; changed with every change of engine.h, so that a program never runs
// with a library of another build.
inline constexpr int kEngineInterface = 5;

// The two symbols that libanimalctl_engine.so exports.
using EngineInterfaceFunction = int();
using MakeEngineFunction = Engine*(const log::Settings&);
inline constexpr const char* kEngineInterfaceSymbol = "animalctl_engine_interface";
inline constexpr const char* kMakeEngineSymbol = "animalctl_make_engine";

}  // namespace animalctl
