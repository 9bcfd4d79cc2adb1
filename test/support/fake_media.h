/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_media: engines of media for a story.
 *
 * Engine n (from 1) answers with a description of its own, at 192.0.2.20n,
 * whose port depends on the party that it is for, as rtpengine's does.  What
 * it is asked stands in the story as lines of the log.
 */
#pragma once

#include "modules/e911/media_port.h"

/* Two engines that live and know nothing; to be given to media_init(). */
const struct media_port *fake_media_begin(void);

/* It answers nothing; true: nor has anybody found out. */
void fake_media_dies(unsigned engine, bool silently);
/* It lives again and has forgotten everything. */
void fake_media_starts(unsigned engine);
/* Sessions that it holds. */
unsigned fake_media_sessions(unsigned engine);
