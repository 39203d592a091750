# Lets this package build against ROS 2 that was installed into a virtual
# environment from wheels, with no flag on the command line. Against a ROS 2
# under /opt/ros nothing in this file takes effect.
#
# Sets CONVERSEG_ROS_WHEELS to TRUE where the ROS 2 in use is made of wheels.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python3_EXECUTABLE}" -c "import sys; print(sys.prefix)"
  OUTPUT_VARIABLE _converseg_python_prefix
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)

set(CONVERSEG_ROS_WHEELS FALSE)
file(GLOB _converseg_bootstrap
  "${_converseg_python_prefix}/lib/python3*/site-packages/ros_wheels_bootstrapper.pth")
if(_converseg_bootstrap AND EXISTS "${_converseg_python_prefix}/share/ament_cmake")
  set(CONVERSEG_ROS_WHEELS TRUE)
  # The ament index and find_package() look in these; nobody has sourced a
  # setup file in an environment of wheels. First place: a ROS 2 under /opt/ros
  # that was sourced as well belongs to another interpreter.
  list(PREPEND CMAKE_PREFIX_PATH "${_converseg_python_prefix}")
  if(NOT "$ENV{AMENT_PREFIX_PATH}" MATCHES "^${_converseg_python_prefix}(:|$)")
    set(ENV{AMENT_PREFIX_PATH} "${_converseg_python_prefix}:$ENV{AMENT_PREFIX_PATH}")
  endif()
  # Every later find_package(Python3) must agree on this interpreter.
  set(Python3_EXECUTABLE "${Python3_EXECUTABLE}" CACHE FILEPATH "Interpreter that ROS 2 was installed for")
endif()

# The wheels' CMake targets name the Python headers of the machine that built
# them (/opt/python/...). CMake refuses include directories that do not exist,
# and this package's own targets name the right ones: drop the foreign ones.
function(converseg_drop_missing_python_includes)
  get_property(_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(_target IN LISTS _targets)
    get_target_property(_directories ${_target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT _directories MATCHES "/opt/python/")
      continue()
    endif()
    set(_kept "")
    foreach(_directory IN LISTS _directories)
      if(NOT _directory MATCHES "^/opt/python/" OR EXISTS "${_directory}")
        list(APPEND _kept "${_directory}")
      endif()
    endforeach()
    set_target_properties(${_target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_kept}")
  endforeach()
endfunction()
