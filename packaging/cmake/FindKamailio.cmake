# SPDX-License-Identifier: GPL-2.0-or-later
#
# FindKamailio: what a module needs to be loaded by the installed Kamailio.
#
# Kamailio's loader compares two strings of a module with its own: version
# with architecture, and compile flags.  Both are taken from `kamailio -v`, so
# that they follow the installed package.  Only headers are needed;
# packaging/fetch-kamailio-headers brings them.
#
# Gives
#   Kamailio_FOUND, Kamailio_VERSION, Kamailio_EXECUTABLE
#   Kamailio::Headers   INTERFACE: SYSTEM include directory, definitions
#
# Looks for headers in KAMAILIO_SOURCE_DIR (a source tree: its src/core/...),
# then where fetch-kamailio-headers puts them.

find_program(Kamailio_EXECUTABLE kamailio PATHS /usr/sbin /usr/local/sbin)
mark_as_advanced(Kamailio_EXECUTABLE)

set(Kamailio_VERSION "")
set(_kam_defs "")
if(Kamailio_EXECUTABLE)
	execute_process(COMMAND "${Kamailio_EXECUTABLE}" -v
		OUTPUT_VARIABLE _kam_v ERROR_QUIET)
	if(_kam_v MATCHES "version: ([^ \n]+) ([0-9][^ \n]*) \\(([^/\n]+)/([^)\n]+)\\)")
		set(_kam_name "${CMAKE_MATCH_1}")
		set(Kamailio_VERSION "${CMAKE_MATCH_2}")
		set(_kam_arch "${CMAKE_MATCH_3}")
		set(_kam_os "${CMAKE_MATCH_4}")
	else()
		message(WARNING "not understood: ${Kamailio_EXECUTABLE} -v")
	endif()
	if(_kam_v MATCHES "\nflags: ([^\n]*)")
		string(REPLACE "," ";" _kam_flags "${CMAKE_MATCH_1}")
	endif()
endif()

if(Kamailio_VERSION)
	list(APPEND _kam_defs NAME="${_kam_name}" VERSION="${Kamailio_VERSION}"
		ARCH="${_kam_arch}" OS_QUOTED="${_kam_os}")

	# A displayed flag is the name of its macro, but for these (core/ver_defs.h).
	foreach(_kam_flag IN LISTS _kam_flags)
		string(STRIP "${_kam_flag}" _kam_flag)
		if(_kam_flag MATCHES "^FAST_LOCK")
			# FAST_LOCK-ADAPTIVE_WAIT-NOSMP: one macro for each part.
			string(REPLACE "-" ";" _kam_flag "${_kam_flag}")
		elseif(_kam_flag MATCHES "^(.*)-NOSMP$")
			set(_kam_flag "${CMAKE_MATCH_1};NOSMP")
		elseif(_kam_flag STREQUAL "TLS_PTHREAD_MUTEX_SHARED")
			set(_kam_flag KSR_PTHREAD_MUTEX_SHARED)
		endif()
		if(NOT _kam_flag STREQUAL "")
			list(APPEND _kam_defs ${_kam_flag})
		endif()
	endforeach()

	# Not compared, but headers change with them.
	if(_kam_v MATCHES "ADAPTIVE_WAIT_LOOPS ([0-9]+)")
		list(APPEND _kam_defs ADAPTIVE_WAIT_LOOPS=${CMAKE_MATCH_1})
	endif()
	string(REGEX REPLACE "[^0-9.].*" "" _kam_digits "${Kamailio_VERSION}")
	string(REPLACE "." ";" _kam_digits "${_kam_digits};0;0")
	list(GET _kam_digits 0 _kam_major)
	list(GET _kam_digits 1 _kam_minor)
	list(GET _kam_digits 2 _kam_patch)
	math(EXPR _kam_versionval
		"${_kam_major} * 1000000 + ${_kam_minor} * 1000 + ${_kam_patch}")
	list(APPEND _kam_defs VERSIONVAL=${_kam_versionval}
		__CPU_${_kam_arch} __OS_${_kam_os} CC_GCC_LIKE_ASM
		HAVE_GETHOSTBYNAME2 HAVE_UNION_SEMUN HAVE_SCHED_YIELD
		HAVE_MSG_NOSIGNAL HAVE_MSGHDR_MSG_CONTROL HAVE_ALLOCA_H
		HAVE_TIMEGM HAVE_SCHED_SETSCHEDULER HAVE_IP_MREQN
		STATISTICS USE_CORE_STATS MALLOC_STATS MEM_JOIN_FREE WITH_XAVP)
endif()

set(KAMAILIO_SOURCE_DIR "" CACHE PATH
	"Kamailio's source tree or header set (holds src/core)")
set(_kam_set "e911-kamailio-${Kamailio_VERSION}")
set(_kam_hints "")
if(DEFINED ENV{E911_CACHE})
	list(APPEND _kam_hints "$ENV{E911_CACHE}/${_kam_set}")
endif()
if(DEFINED ENV{XDG_CACHE_HOME})
	list(APPEND _kam_hints "$ENV{XDG_CACHE_HOME}/e911/${_kam_set}")
endif()
if(DEFINED ENV{HOME})
	list(APPEND _kam_hints "$ENV{HOME}/.cache/e911/${_kam_set}")
endif()
list(APPEND _kam_hints "/usr/local/src/${_kam_set}")
if(KAMAILIO_SOURCE_DIR)
	set(_kam_hints "${KAMAILIO_SOURCE_DIR}")
endif()
# Not kept in the cache: another Kamailio means another directory.
unset(Kamailio_INCLUDE_DIR CACHE)
find_path(Kamailio_INCLUDE_DIR core/sr_module.h
	PATHS ${_kam_hints} PATH_SUFFIXES src NO_DEFAULT_PATH)
mark_as_advanced(Kamailio_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Kamailio
	REQUIRED_VARS Kamailio_EXECUTABLE Kamailio_VERSION Kamailio_INCLUDE_DIR
	VERSION_VAR Kamailio_VERSION
	REASON_FAILURE_MESSAGE
	"packaging/install-dependencies installs Kamailio, packaging/fetch-kamailio-headers brings its headers")

if(Kamailio_FOUND AND NOT TARGET Kamailio::Headers)
	add_library(Kamailio::Headers INTERFACE IMPORTED)
	set_target_properties(Kamailio::Headers PROPERTIES
		INTERFACE_INCLUDE_DIRECTORIES "${Kamailio_INCLUDE_DIR}"
		INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${Kamailio_INCLUDE_DIR}"
		INTERFACE_COMPILE_DEFINITIONS "${_kam_defs}")
endif()
