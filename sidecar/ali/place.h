/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_place: a directory at a provider, or a local one, as ali_delivery names
 * it.  Pure.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define ALI_PLACE_MAX 512
#define ALI_URL_SIZE  (ALI_PLACE_MAX + 256)

enum ali_way {
	ALI_WAY_DIRECTORY, /* directory:west/out/ */
	ALI_WAY_SFTP,      /* sftp://host/in/ */
	ALI_WAY_FTP,       /* ftps://host/in/, ftpes://host/in/ */
	ALI_WAY_HTTPS,     /* https://host/in/ */
};

struct ali_place {
	enum ali_way way;
	const char *scheme; /* as libcurl calls it; static */
	char host[256];     /* "": a local directory */
	uint16_t port;
	bool is_literal;
	uint8_t ip[16];               /* of a literal, mapped */
	char path[ALI_PLACE_MAX + 1]; /* "/in/"; of a directory "west/out/" */
};

/* -EINVAL: there is no such place. */
int must_check ali_place_parse(struct text t, struct ali_place *ret);
/* The URL of a file in it, "": its own.  -EINVAL: it is too long. */
int must_check ali_place_url(const struct ali_place *p, const char *name,
			     char ret[ALI_URL_SIZE]);
/* What commands of the protocol call that file. */
int must_check ali_place_file(const struct ali_place *p, const char *name,
			      char ret[ALI_URL_SIZE]);
