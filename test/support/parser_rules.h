/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parser_rules: what holds for the parsers of core whatever they are given.
 *
 * Used by the sweeps of the unit tests and by the fuzz targets alike; a broken
 * rule ends the program.
 */
#pragma once

#include "modules/core/identity.h"

void text_rules(struct text input);
void service_rules(struct text request_uri);
void e164_rules(struct text number);
void uuid_rules(struct text t);
void hwaddr_rules(struct text t);
void address_rules(struct text value);
void inin_attr_rules(struct text value);
void uui_rules(struct text value);
/* A Content-Type in the first line, the body behind it. */
void multipart_rules(struct text message);
/* A request as in request_text.h. */
void identity_rules(struct text message);
