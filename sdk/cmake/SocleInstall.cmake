# SocleInstall.cmake: what `cmake --install` puts down for plugin authors (component sdk): headers, the static kits and
# the test host, find_package(Socle), socle_add_plugin() and the scaffold. Included at the end of sdk/CMakeLists.txt.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(sdk_source ${CMAKE_CURRENT_LIST_DIR}/..)
set(sdk_config ${CMAKE_INSTALL_LIBDIR}/cmake/Socle)
set_target_properties(socle_sdk PROPERTIES EXPORT_NAME sdk)
set(sdk_targets socle_sdk)
install(DIRECTORY ${sdk_source}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
foreach(kit json cel schema jose audit page testing)
  if(TARGET socle_${kit})
    list(APPEND sdk_targets socle_${kit})
    if(IS_DIRECTORY ${sdk_source}/${kit}/include)
      install(DIRECTORY ${sdk_source}/${kit}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
    endif()
  endif()
endforeach()

install(TARGETS ${sdk_targets} EXPORT SocleTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(EXPORT SocleTargets NAMESPACE Socle:: DESTINATION ${sdk_config} COMPONENT sdk)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/SocleConfig.cmake.in ${CMAKE_BINARY_DIR}/SocleConfig.cmake
  INSTALL_DESTINATION ${sdk_config} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/SocleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/SocleConfig.cmake ${CMAKE_BINARY_DIR}/SocleConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/SoclePlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/SocleNew.cmake
  ${CMAKE_CURRENT_LIST_DIR}/plugin.map DESTINATION ${sdk_config} COMPONENT sdk)
install(DIRECTORY ${sdk_source}/scaffold/ DESTINATION ${CMAKE_INSTALL_DATADIR}/socle/scaffold COMPONENT sdk)
