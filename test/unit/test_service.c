/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

static const struct {
	const char *uri;
	enum service service;
} rows[] = {
	/* the plain ones */
	{ "sip:911@gw.example.net", SERVICE_EMERGENCY },
	{ "sip:911@gw.example.net:5060;transport=tls", SERVICE_EMERGENCY },
	{ "sips:911@[2001:db8::1]:5061", SERVICE_EMERGENCY },
	{ "SIP:911@10.0.0.1;user=phone", SERVICE_EMERGENCY },
	{ "sip:911@gw?Subject=x%40y", SERVICE_EMERGENCY },
	{ "tel:911", SERVICE_EMERGENCY },
	{ "TEL:911;phone-context=+1", SERVICE_EMERGENCY },
	{ " sip:911@gw\r\n", SERVICE_EMERGENCY },
	{ "sip:933@gw", SERVICE_TEST },
	{ "tel:933", SERVICE_TEST },
	/* user parameters, escapes, separators */
	{ "sip:911;phone-context=Redmond@host;user=phone", SERVICE_EMERGENCY },
	{ "sip:911;phone-context=x@host", SERVICE_EMERGENCY },
	{ "sip:911:secret@host", SERVICE_EMERGENCY },
	{ "sip:%39%31%31@gw", SERVICE_EMERGENCY },
	{ "sip:9%311@gw", SERVICE_EMERGENCY },
	{ "sip:911%3Bphone-context=x@gw", SERVICE_EMERGENCY },
	{ "sip:911%40pbx.example.com@gw", SERVICE_EMERGENCY },
	{ "sip:911%3Bx=%zz@gw", SERVICE_EMERGENCY },
	{ "tel:9-1-1", SERVICE_EMERGENCY },
	{ "sip:%39%33%33@gw", SERVICE_TEST },
	/* what dial plans put in front */
	{ "sip:+911@gw", SERVICE_EMERGENCY },
	{ "sip:+1911@gw", SERVICE_EMERGENCY },
	{ "sip:%2B1911@gw", SERVICE_EMERGENCY },
	{ "sip:1911@gw", SERVICE_EMERGENCY },
	{ "sip:9911@gw", SERVICE_EMERGENCY },
	{ "sip:8911@gw", SERVICE_EMERGENCY },
	{ "sip:99911@gw", SERVICE_EMERGENCY },
	{ "tel:+1-911", SERVICE_EMERGENCY },
	{ "sip:+933@gw", SERVICE_TEST },
	{ "sip:+1933@gw", SERVICE_TEST },
	{ "sip:1933@gw", SERVICE_TEST },
	{ "sip:9933@gw", SERVICE_TEST },
	{ "sip:8933@gw", SERVICE_TEST },
	{ "sip:99933@gw", SERVICE_TEST },
	/* service URNs */
	{ "urn:service:sos", SERVICE_EMERGENCY },
	{ "URN:Service:SOS", SERVICE_EMERGENCY },
	{ "urn:service:sos.police", SERVICE_EMERGENCY },
	{ "urn:service:sos.ecall.automatic", SERVICE_EMERGENCY },
	{ "urn:service:sos;x=y", SERVICE_EMERGENCY },
	{ "urn:service:%73os", SERVICE_EMERGENCY },
	{ "urn:emergency:service:sos", SERVICE_EMERGENCY },
	{ "urn:emergency:service:sos.fire", SERVICE_EMERGENCY },
	{ "urn:service:test.sos", SERVICE_TEST },
	{ "urn:service:test.sos.fire", SERVICE_TEST },
	{ "urn:emergency:service:test.sos", SERVICE_TEST },
	{ "sip:urn:service:sos@host", SERVICE_EMERGENCY },
	{ "sip:urn%3Aservice%3Asos@host", SERVICE_EMERGENCY },
	{ "sip:urn:service:test.sos@host", SERVICE_TEST },
	{ "sip:urn%3aservice%3atest.sos;x=y@host", SERVICE_TEST },
	/* none of our business */
	{ "", SERVICE_NONE },
	{ "sip:", SERVICE_NONE },
	{ "sip:@", SERVICE_NONE },
	{ "tel:", SERVICE_NONE },
	{ "sip:9110@gw", SERVICE_NONE },
	{ "sip:91155@gw", SERVICE_NONE },
	{ "sip:91155501@gw", SERVICE_NONE },
	{ "sip:0911@gw", SERVICE_NONE },
	{ "sip:11@gw", SERVICE_NONE },
	{ "sip:91@gw", SERVICE_NONE },
	{ "sip:112@gw", SERVICE_NONE },
	{ "sip:988@gw", SERVICE_NONE },
	{ "sip:+12069110100@gw", SERVICE_NONE },
	{ "sip:12065550911@gw", SERVICE_NONE },
	{ "sip:alice911@gw", SERVICE_NONE },
	{ "sip:911alice@gw", SERVICE_NONE },
	{ "sip:alice:911@gw", SERVICE_NONE },
	{ "sip:alice;x=911@gw", SERVICE_NONE },
	{ "sip:911", SERVICE_NONE },
	{ "sip:911.example.net", SERVICE_NONE },
	{ "sip:alice@911", SERVICE_NONE },
	{ "sip:alice@gw;x=911", SERVICE_NONE },
	{ "mailto:911@gw", SERVICE_NONE },
	{ "urn:service:sosx", SERVICE_NONE },
	{ "urn:service:sos-x", SERVICE_NONE },
	{ "urn:service:so", SERVICE_NONE },
	{ "urn:service:test", SERVICE_NONE },
	{ "urn:service:test.sosx", SERVICE_NONE },
	{ "urn:service:counseling", SERVICE_NONE },
	{ "urn:emergency:service:responder.police", SERVICE_NONE },
	{ "urn:uuid:911", SERVICE_NONE },
	{ "sip:sos@gw", SERVICE_NONE },
};

static void every_spelling_is_classified(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum service s = service_classify(text_of(rows[i].uri));

		if (s != rows[i].service)
			fail_msg("%s is %s, not %s", rows[i].uri,
				 service_name(s),
				 service_name(rows[i].service));
	}
}

static void a_digit_more_or_less_is_another_number(void **state)
{
	char uri[] = "sip:911x@gw";

	(void)state;
	for (char d = '0'; d <= '9'; d++) {
		uri[7] = d;
		assert_int_equal(service_classify(text_of(uri)), SERVICE_NONE);
	}
}

static void a_long_user_part_is_judged_by_its_beginning(void **state)
{
	char uri[4096] = "sip:911;phone-context=";

	(void)state;
	memset(uri + strlen(uri), 'x', 3000);
	memcpy(uri + 3000, "@gw", sizeof("@gw"));
	assert_int_equal(service_classify(text_of(uri)), SERVICE_EMERGENCY);
	memset(uri + 4, '9', 2990);
	assert_int_equal(service_classify(text_of(uri)), SERVICE_NONE);
}

static void services_have_names(void **state)
{
	(void)state;
	assert_string_equal(service_name(SERVICE_NONE), "none");
	assert_string_equal(service_name(SERVICE_EMERGENCY), "emergency");
	assert_string_equal(service_name(SERVICE_TEST), "test");
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sweep(text_of(rows[i].uri), service_rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_classified),
		cmocka_unit_test(a_digit_more_or_less_is_another_number),
		cmocka_unit_test(a_long_user_part_is_judged_by_its_beginning),
		cmocka_unit_test(services_have_names),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
