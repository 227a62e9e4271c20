# Every third-party library is found once, here, and wrapped as animalctl::<name>.
# Differences between Debian 12 and 13 that CMake can see are handled in this file.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(animalctl_wrap name)
  add_library(animalctl_dependency_${name} INTERFACE)
  target_link_libraries(animalctl_dependency_${name} INTERFACE ${ARGN})
  add_library(animalctl::${name} ALIAS animalctl_dependency_${name})
endfunction()

find_package(fmt REQUIRED)
animalctl_wrap(fmt fmt::fmt)

find_package(spdlog REQUIRED)
animalctl_wrap(spdlog spdlog::spdlog)

find_package(nlohmann_json REQUIRED)
animalctl_wrap(json nlohmann_json::nlohmann_json)
# A json value never turns into a number by itself: conversions are written out.
target_compile_definitions(animalctl_dependency_json INTERFACE JSON_USE_IMPLICIT_CONVERSIONS=0)

find_package(CLI11 REQUIRED)
animalctl_wrap(cli11 CLI11::CLI11)

find_package(tomlplusplus REQUIRED)
animalctl_wrap(toml tomlplusplus::tomlplusplus)

find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
animalctl_wrap(crypto OpenSSL::Crypto)

# No CMake package in Debian. Its Cflags are part of its binary interface (compat/httplib.h); the inline code of newer
# versions calls OpenSSL itself.
pkg_check_modules(cpphttplib REQUIRED IMPORTED_TARGET cpp-httplib)
animalctl_wrap(httplib PkgConfig::cpphttplib OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

# Header-only parts of Boost (CRC-32C); no compiled Boost library is linked.
find_path(BOOST_INCLUDE_DIR boost/crc.hpp REQUIRED)
animalctl_wrap(boost_headers)
target_include_directories(animalctl_dependency_boost_headers SYSTEM INTERFACE ${BOOST_INCLUDE_DIR})

pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
animalctl_wrap(simdjson PkgConfig::simdjson)

# The core alone: its CMake package wants the libraries of its web server too, which is not used.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
animalctl_wrap(prometheus PkgConfig::prometheus)

pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)
animalctl_wrap(libarchive PkgConfig::libarchive)

find_path(CSV_INCLUDE_DIR csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
animalctl_wrap(csv ${CSV_LIBRARY})
target_include_directories(animalctl_dependency_csv SYSTEM INTERFACE ${CSV_INCLUDE_DIR})

find_package(ZLIB REQUIRED)
animalctl_wrap(zlib ZLIB::ZLIB)

pkg_check_modules(libjpeg REQUIRED IMPORTED_TARGET libjpeg)
animalctl_wrap(jpeg PkgConfig::libjpeg)

find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
animalctl_wrap(opencv opencv_core opencv_imgproc opencv_imgcodecs)

if(ANIMALCTL_WITH_TORCH)
  find_package(OpenCV REQUIRED COMPONENTS dnn)
  animalctl_wrap(opencv_dnn opencv_core opencv_dnn)

  # The classes of ONNX's file format. The package's CMake file names targets without a namespace.
  pkg_check_modules(protobuf REQUIRED IMPORTED_TARGET protobuf)
  find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
  find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
  animalctl_wrap(onnx ${ONNX_PROTO_LIBRARY} PkgConfig::protobuf)
  target_include_directories(animalctl_dependency_onnx SYSTEM INTERFACE ${ONNX_INCLUDE_DIR})
  target_compile_definitions(animalctl_dependency_onnx INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)

  # LibTorch links it too. Its CMake package wants OpenCL, which is not used.
  find_path(ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
  find_library(ONEDNN_LIBRARY dnnl REQUIRED)
  animalctl_wrap(onednn ${ONEDNN_LIBRARY})
  target_include_directories(animalctl_dependency_onednn SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR})

  find_package(Torch REQUIRED)
  animalctl_wrap(torch ${TORCH_LIBRARIES})
  target_include_directories(animalctl_dependency_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
endif()

if(ANIMALCTL_BUILD_TESTS)
  find_package(Catch2 REQUIRED)
endif()

pkg_check_modules(libxxhash REQUIRED IMPORTED_TARGET libxxhash)
animalctl_wrap(xxhash PkgConfig::libxxhash)

# No CMake package in Debian 12. Its SQLite and PostgreSQL headers include those of the libraries.
find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
find_library(SOCI_CORE_LIBRARY soci_core REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY soci_sqlite3 REQUIRED)
find_library(SOCI_POSTGRESQL_LIBRARY soci_postgresql REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
animalctl_wrap(soci ${SOCI_SQLITE3_LIBRARY} ${SOCI_POSTGRESQL_LIBRARY} ${SOCI_CORE_LIBRARY} PkgConfig::sqlite3 PkgConfig::libpq animalctl::boost_headers)
target_include_directories(animalctl_dependency_soci SYSTEM INTERFACE ${SOCI_INCLUDE_DIR})
