/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service: which service a Request-URI asks for.
 *
 * Anything that smells of 911 is an emergency; 933 and test URNs are tests.
 * Recognised: 911, +911, +1911, 1911, 9911, 8911, 99911 and the same with
 * 933, in sip:, sips: and tel: URIs, with user parameters
 * (911;phone-context=...), URI parameters, port, %-escapes, any letter case;
 * urn:service:sos[.x...] (RFC 5031) and urn:service:test.sos[.x...]
 * (RFC 6881 ED-80), urn:emergency:service:sos likewise (NENA-STA-010).
 * Not: 9110, 91155, 911@ as password, hosts named 911.
 */
#pragma once

#include <stdint.h>

#include "text.h"

enum service {
	SERVICE_NONE,      /* none of our business */
	SERVICE_EMERGENCY, /* 911 */
	SERVICE_TEST,      /* 933: must never disturb a PSAP */
};

enum service service_classify(struct text request_uri);
/*
 * May a machine call this number (E.164 digits) to tell somebody something?  A
 * subscriber's of North America, and nothing that a switch on the way could
 * take for 911, 933, 112, 999, 988 or another service: no area code and no
 * exchange is N11, no area code 900, 933, 988 or 999.
 */
bool service_may_alert(uint64_t number);
const char *service_name(enum service s); /* "none", "emergency", "test" */
