# SPDX-License-Identifier: GPL-2.0-or-later
#
# Foreign libraries, as PkgConfig::LMDB, PkgConfig::OPENSSL, PkgConfig::LIBPQ, PkgConfig::JANSSON,
# PkgConfig::CARES, PkgConfig::CURL, PkgConfig::LIBXML2, PkgConfig::GEOS, PkgConfig::ULFIUS, PkgConfig::MICROHTTPD, PkgConfig::GNUTLS,
# PkgConfig::OSIP and PkgConfig::CMOCKA.  packaging/install-dependencies brings all of them.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
if(E911_SIDECAR)
	pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
	pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
	pkg_check_modules(ULFIUS REQUIRED IMPORTED_TARGET libulfius)
	pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
	# What libmicrohttpd uses, and its package brings.
	pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)
	pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
	pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
	pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
	# Debian's flite has no .pc file.
	find_path(FLITE_INCLUDE_DIR flite/flite.h REQUIRED)
	set(FLITE_LIBRARIES "")
	foreach(name flite_cmu_us_kal16 flite_usenglish flite_cmulex flite)
		find_library(FLITE_${name} ${name} REQUIRED)
		list(APPEND FLITE_LIBRARIES "${FLITE_${name}}")
	endforeach()
	pkg_check_modules(OSIP REQUIRED IMPORTED_TARGET libosip2)
	pkg_check_modules(GEOS REQUIRED IMPORTED_TARGET geos)
endif()
if(E911_TESTS)
	pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
