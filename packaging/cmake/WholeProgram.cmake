# SPDX-License-Identifier: GPL-2.0-or-later
#
# e911_whole_program(target ...): in a release these are compiled so that the
# linker may optimise across their files.  Only e911.so is linked that way: it
# is what a call runs through, and core's small functions are worth inlining
# there.  The objects stay ordinary ones for everybody else who links them.
function(e911_whole_program)
	if(NOT CMAKE_C_COMPILER_ID STREQUAL GNU OR E911_SANITIZE)
		return()
	endif()
	foreach(target IN LISTS ARGN)
		target_compile_options(${target} PRIVATE
			"$<$<CONFIG:RelWithDebInfo>:-flto=auto;-ffat-lto-objects>")
		get_target_property(type ${target} TYPE)
		if(type STREQUAL MODULE_LIBRARY)
			target_link_options(${target} PRIVATE
				"$<$<CONFIG:RelWithDebInfo>:-flto=auto;-O2>")
		endif()
	endforeach()
endfunction()
