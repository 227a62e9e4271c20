# The pages of web/: built by npm and Vite while the program is built, embedded as C++ (web/README.md).
option(ANIMALCTL_WITH_WEB "Build the pages and embed them in the program (needs Node.js 18 and npm)" ON)

set(ANIMALCTL_WEB_DIR ${PROJECT_SOURCE_DIR}/web)
set(ANIMALCTL_PAGES_DIR ${PROJECT_BINARY_DIR}/web/pages)

if(ANIMALCTL_WITH_WEB)
  find_program(ANIMALCTL_NODE NAMES node nodejs)
  find_program(ANIMALCTL_NPM NAMES npm)
  if(NOT ANIMALCTL_NODE OR NOT ANIMALCTL_NPM)
    message(FATAL_ERROR "The pages need Node.js and npm: run scripts/install-packages.sh, or configure with -DANIMALCTL_WITH_WEB=OFF")
  endif()

  # Packages are installed when package-lock.json has another content than the time before, by digest: a build without
  # network works, whatever the times of the files are.
  set(installed ${PROJECT_BINARY_DIR}/web/installed.stamp)
  add_custom_command(
    OUTPUT ${installed}
    COMMAND ${CMAKE_COMMAND} -DWEB_DIR=${ANIMALCTL_WEB_DIR} -DNPM=${ANIMALCTL_NPM} -DSTAMP=${installed}
            -P ${PROJECT_SOURCE_DIR}/cmake/InstallWebPackages.cmake
    DEPENDS ${ANIMALCTL_WEB_DIR}/package-lock.json ${PROJECT_SOURCE_DIR}/cmake/InstallWebPackages.cmake
    COMMENT "Packages of the pages"
    VERBATIM)

  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS
       ${ANIMALCTL_WEB_DIR}/pages/* ${ANIMALCTL_WEB_DIR}/shared/* ${ANIMALCTL_WEB_DIR}/swagger/*)
  set(built ${PROJECT_BINARY_DIR}/web/built.stamp)
  add_custom_command(
    OUTPUT ${built}
    COMMAND ${ANIMALCTL_NODE} ${ANIMALCTL_WEB_DIR}/scripts/build.mjs ${ANIMALCTL_PAGES_DIR}
    COMMAND ${CMAKE_COMMAND} -E touch ${built}
    DEPENDS ${installed} ${web_sources} ${ANIMALCTL_WEB_DIR}/scripts/build.mjs ${ANIMALCTL_WEB_DIR}/tsconfig.json
    COMMENT "Pages"
    VERBATIM)
  add_custom_target(animalctl_web DEPENDS ${built})
endif()

# animalctl_embed(<target> <page> <function>): adds a source to the target that defines
#   std::span<const http::EmbeddedFile> <function>()
# with the files of the page that is built from web/pages/<page> ("docs": Swagger UI); without pages, none.
# The function's full name is given, e.g. animalctl::serve::predict_page.
function(animalctl_embed target page function)
  set(source ${PROJECT_BINARY_DIR}/web/embedded_${page}.cpp)
  if(ANIMALCTL_WITH_WEB)
    add_custom_command(
      OUTPUT ${source}
      COMMAND ${ANIMALCTL_NODE} ${ANIMALCTL_WEB_DIR}/scripts/embed.mjs ${ANIMALCTL_PAGES_DIR}/${page} ${function} ${source}
      DEPENDS ${PROJECT_BINARY_DIR}/web/built.stamp ${ANIMALCTL_WEB_DIR}/scripts/embed.mjs
      COMMENT "Page ${page}, embedded"
      VERBATIM)
  else()
    string(REGEX MATCH "^(.*)::([a-z_]+)$" matched ${function})
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include <span>\n\n#include \"http/static_files.h\"\n
namespace @CMAKE_MATCH_1@ {\nstd::span<const animalctl::http::EmbeddedFile> @CMAKE_MATCH_2@();
std::span<const animalctl::http::EmbeddedFile> @CMAKE_MATCH_2@() { return {}; }\n}\n")
  endif()
  target_sources(${target} PRIVATE ${source})
  # Every page names its files alike.
  set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
