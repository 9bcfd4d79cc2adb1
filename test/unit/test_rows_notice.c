/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include "directory/dir_op.h"
#include "test/support/fake_row.h"

/* ---- who is told ---- */

static void a_recipient_is_told_of_something_somewhere(void **s)
{
	const char *const cols[] = {
		"9",
		"3/location/51",
		"3",
		"desk",
		"webhook",
		"https://a.example.com/",
		"slack",
		"whsec_abc",
		"emergency_call,callback",
		"fr",
		"4",
		"5",
		"t",
		"f",
		"60",
	};
	struct dir_recipient r;
	struct row_out out;
	struct dir_op *op;

	(void)s;
	assert_int_equal(run(row_recipient, 15, cols, &out), 0);
	op = out.batch->ops;
	assert_int_equal(dir_recipient_decode(&out.key,
					      out.batch->arena + op->value,
					      op->value_len, &r),
			 0);
	assert_int_equal(r.channel, RECIPIENT_WEBHOOK);
	assert_int_equal(r.events,
			 RECIPIENT_EMERGENCY_CALL | RECIPIENT_CALLBACK);
	assert_true(r.outside_hours && r.no_updates);
	assert_int_equal(r.after_s, 60);
	dir_batch_fini(out.batch);
	accepts(row_recipient, 15, cols);
	refuses_with(row_recipient, 15, cols, 0, NULL,
		     "recipient_id is missing");
	refuses_with(row_recipient, 15, cols, 1, "3/planet/51",
		     "its place makes no sense");
	refuses_with(row_recipient, 15, cols, 1, "3/all/",
		     "its place makes no sense");
	refuses_with(row_recipient, 15, cols, 4, "fax", "channel is unknown");
	refuses_with(row_recipient, 15, cols, 5, NULL, "address is missing");
	refuses_with(row_recipient, 15, cols, 5, "a\nb",
		     "address holds control characters");
	refuses_with(row_recipient, 15, cols, 8, "weather",
		     "an event is unknown");
	refuses_with(row_recipient, 15, cols, 8, NULL, "it is told of nothing");
	refuses_with(row_recipient, 15, cols, 14, "86401",
		     "after_s is out of range");
}

static void words_are_lines(void **s)
{
	const char *const cols[] = { "4", "3", "911: {address}",
				     "Call {callback_number}\n{address}",
				     NULL };

	(void)s;
	accepts(row_notice_template, 5, cols);
	accepts(row_organization_words, 5, cols);
	refuses_with(row_notice_template, 5, cols, 0, NULL,
		     "its number is missing");
	refuses_with(row_notice_template, 5, cols, 2, "a\nb",
		     "subject holds control characters");
	refuses_with(row_notice_template, 5, cols, 3, "a\r\nb",
		     "text holds control characters");
}

static void hours_are_times_of_the_week(void **s)
{
	const char *const cols[] = { "5", "3", "America/Los_Angeles",
				     "Mo-Fr 18:00-06:00;Sa,Su 00:00-24:00" };
	static const uint8_t spans[] = { 0x1f, 0x38, 0x04, 0x68, 0x01,
					 0x60, 0x00, 0x00, 0xa0, 0x05 };
	static const char *const bad[] = {
		"Mo",
		"8-18",
		"Mo 08:00",
		"Mo 24:00-08:00",
		"Mo 08:60-09:00",
		"Mo- 08:00-09:00",
		"Mo 08:00-24:01",
		"08:00-09:00",
		"-",
	};
	struct dir_hours r;
	struct row_out out;
	struct dir_op *op;

	(void)s;
	assert_int_equal(run(row_notice_hours, 4, cols, &out), 0);
	op = out.batch->ops;
	assert_int_equal(dir_hours_decode(&out.key,
					  out.batch->arena + op->value,
					  op->value_len, &r),
			 0);
	assert_true(text_equal(r.spans,
			       text_make((const char *)spans, sizeof(spans))));
	dir_batch_fini(out.batch);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refuses_with(row_notice_hours, 4, cols, 3, bad[i],
			     "a span is none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recipient_is_told_of_something_somewhere),
		cmocka_unit_test(words_are_lines),
		cmocka_unit_test(hours_are_times_of_the_week),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
