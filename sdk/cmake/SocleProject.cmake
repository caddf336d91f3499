# Build rules of this repository: language mode, warnings, sanitizers, and the two verbs socle_part() and socle_test().
# What a plugin author needs is in SoclePlugin.cmake; nothing here is installed.

set(CMAKE_C_STANDARD 11)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1")
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(SOCLE_SANITIZE "" CACHE STRING "sanitizers for everything, e.g. address,undefined")
option(SOCLE_FUZZ "build the libFuzzer targets (clang), with SOCLE_SANITIZE=address,undefined" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  # Without this it does not keep what includes a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER /usr/bin/env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND (SOCLE_FUZZ OR NOT SOCLE_SANITIZE))
  add_link_options(-fuse-ld=mold)
endif()

if(SOCLE_SANITIZE)
  add_compile_definitions(SOCLE_SANITIZED)
  add_compile_options(-fsanitize=${SOCLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SOCLE_SANITIZE})
  if(SOCLE_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # Boost.Asio's fences; GCC cannot model them
  endif()
endif()
if(SOCLE_FUZZ)
  # The check of function types breaks coroutines in clang 14, and GCC has none.
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()

add_library(socle_warnings INTERFACE)
target_compile_options(socle_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror
  "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual>"
  "$<$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-Wduplicated-cond;-Wlogical-op>")
if(SOCLE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Instrumented code looks uninitialized to GCC 12 where it is not.
  target_compile_options(socle_warnings INTERFACE -Wno-maybe-uninitialized)
endif()

if(CMAKE_UNITY_BUILD)
  # What one file names may hide what another names, and none is the main one, whose unnamed namespace nobody else sees.
  target_compile_options(socle_warnings INTERFACE -Wno-shadow "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>")
endif()

# socle_alone(a.cpp ...): files that a unity build must not join with others of their target, whose unnamed namespace
# holds a name that theirs holds too.
function(socle_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# socle_part(NAME SOURCES a.cpp ... [USES part ...] [LINK target ...])
# One static library of the kernel, `socle_NAME`, living in kernel/NAME. Its files may include "PART/..." of this part
# and of those it USES (and, through them, of what they use) and nothing else; configuring fails otherwise, which is how
# "dependencies point downward only" is proven.
function(socle_part name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LINK" ${ARGN})
  add_library(socle_${name} STATIC ${arg_SOURCES})
  target_include_directories(socle_${name} PUBLIC ${CMAKE_SOURCE_DIR}/kernel)
  target_link_libraries(socle_${name} PUBLIC Socle::sdk ${arg_LINK} PRIVATE socle_warnings)
  set(reach ${name})
  foreach(use IN LISTS arg_USES)
    target_link_libraries(socle_${name} PUBLIC socle_${use})
    get_target_property(deeper socle_${use} SOCLE_REACH)
    list(APPEND reach ${deeper})
  endforeach()
  list(REMOVE_DUPLICATES reach)
  set_target_properties(socle_${name} PROPERTIES SOCLE_REACH "${reach}")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${file} includes REGEX "^#include \"[a-z]+/")
    foreach(line IN LISTS includes)
      string(REGEX REPLACE "^#include \"([a-z]+)/.*" "\\1" part "${line}")
      if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/kernel/${part} AND NOT part IN_LIST reach)
        message(FATAL_ERROR "${file}: ${line}: kernel part '${name}' does not use '${part}'; name it in USES or turn the dependency round")
      endif()
    endforeach()
  endforeach()
endfunction()

# What the scripts build: every test labelled unit, every one labelled tsan, the conformance judges, the fuzz targets.
foreach(group unit_tests tsan_tests conformance_tools fuzz_targets)
  add_custom_target(${group})
endforeach()

# What is tested is optimised; the tests, a third of all code, are not, and neither is the header precompiled for them.
set(SOCLE_TEST_OPTIONS -O0)

# socle_test(NAME SOURCES a.cpp ... [LINK target ...] [LABELS l ...] [CELL_LABELS l ...] [ARGS ...] [BOTH_HOMES])
# A Catch2 binary NAME that ctest runs as one test of the same name, in random order; with BOTH_HOMES once more as
# NAME.cell, where Socle::testing runs the plugin in a process of its own. What takes over a minute is labelled `long`,
# which tests/run.sh --quick leaves out; CELL_LABELS are NAME.cell's alone.
function(socle_test name)
  cmake_parse_arguments(arg "BOTH_HOMES" "" "SOURCES;LINK;LABELS;CELL_LABELS;ARGS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE socle_catch socle_warnings ${arg_LINK})
  target_compile_options(${name} PRIVATE ${SOCLE_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM socle_catch)
  add_test(NAME ${name} COMMAND ${name} --order rand --warn NoAssertions ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
  if(arg_BOTH_HOMES)
    socle_test_in_cell(${name} --order rand --warn NoAssertions ${arg_ARGS})
    set(cell_labels ${arg_LABELS} ${arg_CELL_LABELS})
    set_tests_properties(${name}.cell PROPERTIES LABELS "${cell_labels}" TIMEOUT 300)
  endif()
  foreach(label unit tsan)
    if(label IN_LIST arg_LABELS)
      add_dependencies(${label}_tests ${name})
    endif()
  endforeach()
endfunction()

# socle_fuzz(NAME SOURCES a.cpp ... [LINK target ...] [SEEDS folder ...]): a libFuzzer target, which ctest runs for
# $SOCLE_FUZZ_SECONDS (10; up to an hour), beginning with the files of those folders that exist: relative ones are this
# repository's, CONFORMANCE/SUITE is one of the shared suites. What it finds is kept in NAME.corpus in the build tree.
function(socle_fuzz name)
  if(NOT SOCLE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;SEEDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE socle_warnings ${arg_LINK})
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/support/fuzz.sh $<TARGET_FILE:${name}>
    ${CMAKE_CURRENT_BINARY_DIR}/${name}.corpus ${arg_SEEDS} WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 3900)
  add_dependencies(fuzz_targets ${name})
endfunction()
