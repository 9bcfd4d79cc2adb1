# SPDX-License-Identifier: GPL-2.0-or-later
#
# e911_warnings: link it PRIVATE to each of our own targets.  A target with the
# property E911_KAMAILIO includes Kamailio's API, which takes char * where it
# means const char *.
add_library(e911_warnings INTERFACE)
target_compile_options(e911_warnings INTERFACE
	-Wall -Wextra -Wshadow -Wvla -Wundef -Wpointer-arith
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wformat=2 -Wimplicit-fallthrough -Wnull-dereference
	$<$<NOT:$<BOOL:$<TARGET_PROPERTY:E911_KAMAILIO>>>:-Wwrite-strings>
	$<$<BOOL:${E911_WERROR}>:-Werror>)
