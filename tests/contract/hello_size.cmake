# hello_size.cmake: the smallest useful plugin, examples/hello with its manifest and CMake call, fits one screen. Every
# line counts, also empty ones and comments.
# Run by ctest: cmake -DROOT=<source> -P hello_size.cmake
cmake_minimum_required(VERSION 3.25)
set(most 40)

file(READ ${ROOT}/examples/hello/hello.cpp code)
file(READ ${ROOT}/examples/hello/manifest.yaml manifest)
file(READ ${ROOT}/examples/hello/CMakeLists.txt build)
if(NOT build MATCHES "socle_add_plugin\\([^)]*\\)")
  message(FATAL_ERROR "examples/hello/CMakeLists.txt: found no socle_add_plugin(...), wanted the call that builds hello")
endif()
set(all "${code}${manifest}${CMAKE_MATCH_0}\n")
string(REPLACE "\n" "" joined "${all}")
string(LENGTH "${all}" with_ends)
string(LENGTH "${joined}" without)
math(EXPR lines "${with_ends} - ${without}")
if(lines GREATER most)
  message(FATAL_ERROR "examples/hello with its manifest and CMake call: found ${lines} lines, wanted at most ${most}; "
    "what makes it long belongs into the SDK")
endif()
message(STATUS "hello with its manifest and CMake call: ${lines} lines of at most ${most}")
