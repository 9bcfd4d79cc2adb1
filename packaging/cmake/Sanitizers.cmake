# SPDX-License-Identifier: GPL-2.0-or-later
#
# E911_SANITIZE applies to everything that is built: a finding ends the
# program, so that a test cannot pass over it.
if(E911_SANITIZE)
	list(JOIN E911_SANITIZE "," _e911_sanitize)
	add_compile_options(-fsanitize=${_e911_sanitize}
		-fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${_e911_sanitize})
	unset(_e911_sanitize)
endif()
