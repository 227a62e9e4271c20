# One static library a module. Warnings and sanitizers are INTERFACE targets linked
# privately, so nothing leaks into a consumer.
add_library(animalctl_warnings INTERFACE)
target_compile_options(
  animalctl_warnings
  INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wswitch-enum -Winvalid-pch
            # g++ 12 sees overlapping copies in std::string where there are none (GCC bug 105329).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            $<$<BOOL:${ANIMALCTL_WERROR}>:-Werror>)

if(CMAKE_UNITY_BUILD)
  # g++ takes a .cpp that another includes for a header, whose types must not use anonymous namespaces; and a name of
  # one file for a global one of the next. The presets without unity look for what hides a name.
  target_compile_options(animalctl_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage> -Wno-shadow)
endif()

add_library(animalctl_sanitizers INTERFACE)
if(ANIMALCTL_SANITIZERS)
  # g++ 12 with a sanitizer sees uninitialised values inside <regex> and <variant> that are none.
  target_compile_options(animalctl_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_compile_options(animalctl_sanitizers INTERFACE -fsanitize=${ANIMALCTL_SANITIZERS} -fno-omit-frame-pointer)
  target_link_options(animalctl_sanitizers INTERFACE -fsanitize=${ANIMALCTL_SANITIZERS})
endif()

function(animalctl_target_settings target)
  target_link_libraries(${target} PRIVATE animalctl_warnings animalctl_sanitizers)
  target_compile_options(${target} PRIVATE -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
endfunction()

# animalctl_module(<name> SOURCES ... [PUBLIC libs...] [PRIVATE libs...])
function(animalctl_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(animalctl_${name} STATIC ${arg_SOURCES})
  add_library(animalctl::${name} ALIAS animalctl_${name})
  target_include_directories(animalctl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(animalctl_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  animalctl_target_settings(animalctl_${name})
endfunction()

# A file with LibTorch headers needs over 1 GB and 10 s to compile: these targets share one
# precompiled header and at most two compile at a time.
set_property(GLOBAL APPEND PROPERTY JOB_POOLS animalctl_torch=2)
function(animalctl_torch_module name)
  animalctl_module(${name} ${ARGN})
  target_link_libraries(animalctl_${name} PRIVATE animalctl::torch)
  set_target_properties(animalctl_${name} PROPERTIES JOB_POOL_COMPILE animalctl_torch)
  if(TARGET animalctl_torch_pch)
    target_precompile_headers(animalctl_${name} REUSE_FROM animalctl_torch_pch)
  endif()
endfunction()

# animalctl/version.h: what --version prints and what a run's report records.
find_package(Git QUIET)
set(ANIMALCTL_GIT_DESCRIBE "no commit")
if(GIT_FOUND)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} describe --always --dirty
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(ANIMALCTL_GIT_DESCRIBE ${described})
  endif()
endif()
set(ANIMALCTL_TORCH_VERSION "not in this build")
if(ANIMALCTL_WITH_TORCH)
  set(ANIMALCTL_TORCH_VERSION ${Torch_VERSION})
endif()
configure_file(${PROJECT_SOURCE_DIR}/src/base/version.h.in ${PROJECT_BINARY_DIR}/include/animalctl/version.h @ONLY)
