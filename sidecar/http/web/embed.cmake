# SPDX-License-Identifier: GPL-2.0-or-later
#
# cmake -D OUT=screen_files.c -D FILES="a;b" -P embed.cmake
# Writes the files as arrays of C, with a table of them (http/screen_files.h).
set(text "/* Made by sidecar/http/web/embed.cmake. */\n")
string(APPEND text "#include \"http/screen_files.h\"\n\n")
set(rows "")
set(n 0)
foreach(file IN LISTS FILES)
	get_filename_component(name "${file}" NAME)
	file(READ "${file}" hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(APPEND text
		"static const unsigned char file_${n}[] = { ${bytes} };\n")
	string(APPEND rows
		"\t{ \"${name}\", file_${n}, sizeof(file_${n}) },\n")
	math(EXPR n "${n} + 1")
endforeach()
string(APPEND text "\nconst struct screen_file screen_files[] = {\n${rows}")
string(APPEND text "\t{ 0, 0, 0 },\n};\n")
file(WRITE "${OUT}" "${text}")
