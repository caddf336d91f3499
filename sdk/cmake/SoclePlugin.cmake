# SoclePlugin.cmake: the one call a plugin author makes; the same in this repository and from an installed SDK.
#
#   socle_add_plugin(NAME SOURCES a.cpp ... [MANIFEST manifest.yaml] [LINK target ...] [OUTPUT dir])
#
# Makes the target NAME: lib<NAME>.so beside a copy of its manifest in OUTPUT, by default <build>/plugins/NAME, ready for
# `socle plugin load`. One exported symbol (version script), nothing GNU-unique, no rpath, every symbol resolved at link
# time. Sources may be C or C++. NAME must be the manifest's `plugin`, lib<NAME>.so its `library`: configuring fails
# otherwise. LINK takes the kits (Socle::cel, ...) and resident libraries; Socle::json comes by itself.

#   socle_add_plugin_test(NAME SOURCES a.cpp ... [PLUGIN target] [LINK target ...])
#
# A test program on Socle::testing that ctest runs twice: NAME with the plugin in the test's process, NAME.cell with it in
# a cell's. PLUGIN's library comes as the macro PLUGIN_LIBRARY.

set(SOCLE_PLUGIN_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "version script of every plugin")

function(socle_check_manifest name manifest)
  foreach(wanted "plugin: ${name}" "library: lib${name}.so")
    string(REGEX MATCH "^[a-z]+" key "${wanted}")
    file(STRINGS ${manifest} found REGEX "^${key}:")
    string(REGEX REPLACE "#.*" "" found "${found}")
    string(STRIP "${found}" found)
    if(NOT found STREQUAL wanted)
      message(FATAL_ERROR "${manifest}: found '${found}', wanted '${wanted}': the manifest and socle_add_plugin(${name}) must agree")
    endif()
  endforeach()
  socle_check_routes(${manifest})
endfunction()

# Who may use a route is decided where it is written down, not by a default: each says `access:`. Reads as much of YAML
# as routes are written in: items in block or flow style, on one line or several, keys in any order.
function(socle_check_routes manifest)
  file(READ ${manifest} text)
  string(REGEX REPLACE "[][;]" " " text "\n${text}")  # to CMake they mean something
  string(REGEX REPLACE "\"([^\" #\n]*)\"" "\\1" text "${text}")
  string(REGEX REPLACE "\"[^\"\n]*\"" "-" text "${text}")  # a description
  string(REGEX REPLACE "(\n|[ \t])#[^\n]*" "\\1" text "${text}")
  if(NOT text MATCHES "\nroutes:")
    return()
  endif()
  string(REGEX REPLACE "^.*\nroutes:" "\n" text "${text}")
  string(REGEX REPLACE "\n[A-Za-z].*$" "\n" text "${text}")
  string(REGEX REPLACE "{([A-Za-z_]+)}" "<\\1>" text "${text}")  # a path's parameter
  set(before "")
  while(NOT text STREQUAL before)  # what lies within a key's value is no key of the route
    set(before "${text}")
    string(REGEX REPLACE ":[ \n]*{[^{}]*}" ": -" text "${text}")
  endwhile()
  string(REGEX MATCHALL "{[^{}]*}" routes "${text}")
  string(REGEX REPLACE "{[^{}]*}" "" text "${text}")
  string(REPLACE "\n" ";." lines "${text}")
  set(item -1)  # the column of the `-` that began the route
  set(keys -1)
  set(route "")
  foreach(line IN LISTS lines ITEMS ".- ")
    string(REGEX MATCH "^\\. *" indent "${line}")
    string(LENGTH "${indent}" column)
    if(line MATCHES "^\\. *- *(.*)$" AND (item EQUAL -1 OR NOT column GREATER item))
      set(rest "${CMAKE_MATCH_1}")
      list(APPEND routes "${route}")
      set(item ${column})
      string(REGEX MATCH "^\\. *- *" head "${line}")
      string(LENGTH "${head}" keys)
      set(route "${rest}")
    elseif(column EQUAL keys)
      string(APPEND route ", ${line}")
    endif()
  endforeach()
  foreach(route IN LISTS routes)
    string(STRIP "${route}" route)
    if(NOT route STREQUAL "" AND NOT route MATCHES "(^|[{, \n])access:[ \n]*[\"']?[a-z]")
      message(FATAL_ERROR "${manifest}: found the route '${route}' without `access:`; say public, authenticated or the permission it wants, such as records:read")
    endif()
  endforeach()
endfunction()

function(socle_add_plugin name)
  cmake_parse_arguments(arg "" "MANIFEST;OUTPUT" "SOURCES;LINK" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "socle_add_plugin(${name}): unknown argument '${arg_UNPARSED_ARGUMENTS}'; known: SOURCES MANIFEST LINK OUTPUT")
  endif()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST manifest.yaml)
  endif()
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${CMAKE_BINARY_DIR}/plugins/${name})
  endif()
  cmake_path(ABSOLUTE_PATH arg_MANIFEST BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  socle_check_manifest(${name} ${arg_MANIFEST})

  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    PREFIX lib OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON SKIP_BUILD_RPATH ON LINK_DEPENDS "${SOCLE_PLUGIN_EXPORTS};${arg_MANIFEST}")
  target_compile_definitions(${name} PRIVATE SOCLE_PLUGIN_NAME="${name}")
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,--version-script=${SOCLE_PLUGIN_EXPORTS} -Wl,--exclude-libs,ALL
    -Wl,--as-needed)
  get_directory_property(global_options LINK_OPTIONS)
  # A sanitized or fuzzed plugin takes its runtime's symbols from the program that loads it.
  if(NOT "${global_options};${CMAKE_CXX_FLAGS};${CMAKE_MODULE_LINKER_FLAGS}" MATCHES "-fsanitize=")
    target_link_options(${name} PRIVATE -Wl,-z,defs)
    # A kernel reads, hashes and copies every byte of a library before it maps it; what only a debugger reads lies beside it.
    if(CMAKE_OBJCOPY)
      add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.debug
        COMMAND ${CMAKE_OBJCOPY} --strip-debug --add-gnu-debuglink=$<TARGET_FILE:${name}>.debug $<TARGET_FILE:${name}>
        VERBATIM)
    endif()
  endif()
  target_link_libraries(${name} PRIVATE Socle::sdk $<TARGET_NAME_IF_EXISTS:Socle::json> $<TARGET_NAME_IF_EXISTS:socle_warnings> ${arg_LINK})
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${arg_MANIFEST} ${arg_OUTPUT}/manifest.yaml VERBATIM)
  set_property(TARGET ${name} PROPERTY SOCLE_PLUGIN_DIR ${arg_OUTPUT})
endfunction()

# The test NAME once more, as NAME.cell, with the plugin in a process of its own.
function(socle_test_in_cell name)
  add_test(NAME ${name}.cell COMMAND ${name} ${ARGN})
  set_tests_properties(${name}.cell PROPERTIES ENVIRONMENT SOCLE_TEST_HOME=cell)
endfunction()

function(socle_add_plugin_test name)
  cmake_parse_arguments(arg "" "PLUGIN" "SOURCES;LINK" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "socle_add_plugin_test(${name}): unknown argument '${arg_UNPARSED_ARGUMENTS}'; known: SOURCES PLUGIN LINK")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Socle::testing ${arg_LINK})
  if(arg_PLUGIN)
    target_compile_definitions(${name} PRIVATE PLUGIN_LIBRARY="$<TARGET_FILE:${arg_PLUGIN}>")
    add_dependencies(${name} ${arg_PLUGIN})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  socle_test_in_cell(${name})
endfunction()
