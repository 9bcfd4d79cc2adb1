# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a release carries besides optimisation: checked string functions, stack
# canaries, read-only relocations, position-independent programs.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

set(_e911_release "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
add_compile_options(
	"$<${_e911_release}:-D_FORTIFY_SOURCE=2>"
	"$<${_e911_release}:-fstack-protector-strong>")
add_link_options("$<${_e911_release}:LINKER:-z,relro,-z,now>")
unset(_e911_release)
