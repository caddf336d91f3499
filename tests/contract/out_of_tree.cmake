# out_of_tree.cmake: an author's way: install the SDK, scaffold a plugin, build it with find_package(Socle), run its test,
# load it into a running kernel.
# Run by ctest: cmake -DBUILD=<build> -DROOT=<source> -DCXX=... -DPYTHON=... -DWORK=<scratch> -P out_of_tree.cmake
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${result}\n${out}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/sdk --component sdk)
run(${CMAKE_COMMAND} -DNAME=stock-keeper -DDIR=${WORK}/stock-keeper -P ${WORK}/sdk/lib/cmake/Socle/SocleNew.cmake)
run(${CMAKE_COMMAND} -G Ninja -S ${WORK}/stock-keeper -B ${WORK}/build -DCMAKE_CXX_COMPILER=${CXX}
  -DCMAKE_PREFIX_PATH=${WORK}/sdk -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${WORK}/build)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --no-tests=error --output-on-failure
  RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(NOT result EQUAL 0 OR NOT out MATCHES "100% tests passed")
  message(FATAL_ERROR "the scaffold's test: ${out}")
endif()
foreach(file libstock-keeper.so manifest.yaml)
  if(NOT EXISTS ${WORK}/build/plugins/stock-keeper/${file})
    message(FATAL_ERROR "the scaffold built no ${file}")
  endif()
endforeach()
run(${CMAKE_COMMAND} -E env SOCLE_BUILD=${BUILD} ${PYTHON} -B ${ROOT}/tests/contract/out_of_tree_load.py
  ${WORK}/build/plugins/stock-keeper stock-keeper)
