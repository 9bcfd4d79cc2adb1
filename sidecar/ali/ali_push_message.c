/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_push_message.h"

#include <errno.h>

#include "base/json.h"
#include "text_writer.h"

/* Digits of a number below 10^18, checked by SQL's type; 0: something else. */
static uint64_t number_of(struct text t)
{
	uint64_t n = 0;

	if (t.len > 18)
		return 0;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return 0;
		n = n * 10 + (uint64_t)(t.p[i] - '0');
	}
	return n;
}

int ali_push_body(const struct ali_push_order *o, char **ret)
{
	struct json *j = NULL, *record = NULL;
	const char *why;
	int err = json_parse(&record, o->record, &why);

	if (err >= 0)
		err = json_new(&j);
	if (err >= 0)
		err = json_put_text(j, "number", o->number);
	if (err >= 0)
		err = json_put_u64(j, "order", number_of(o->order));
	if (err >= 0)
		err = json_put_text(j, "function", o->function);
	if (err >= 0)
		err = json_put_text(j, "layout", o->layout);
	if (err >= 0)
		err = json_put_object(j, "record", record);
	if (err >= 0)
		err = json_format(j, ret);
	record = json_free(record);
	j = json_free(j);
	return err;
}

int ali_push_key(const struct ali_push_order *o, char ret[ALI_PUSH_KEY_SIZE])
{
	struct text_writer w = text_writer_on(ret, ALI_PUSH_KEY_SIZE);

	text_write(&w, o->number);
	text_write_cstr(&w, "-");
	text_write(&w, o->order);
	return text_writer_end(&w) < 0 ? -EINVAL : 0;
}

static bool is_code(struct text t)
{
	return t.len == 3 && text_is_digit(t.p[0]) && text_is_digit(t.p[1]) &&
	       text_is_digit(t.p[2]);
}

enum ali_push_verdict ali_push_judge(int status, struct text body,
				     char ret_code[4])
{
	enum ali_push_verdict verdict = ALI_PUSH_AGAIN;
	struct json *j = NULL;
	struct text result, code;
	const char *why;

	ret_code[0] = '\0';
	if (status != 200 || json_parse(&j, body, &why) < 0)
		return ALI_PUSH_AGAIN;
	result = json_text(j, "result");
	code = json_text(j, "code");
	if (text_equal(result, text_of("accepted")))
		verdict = ALI_PUSH_TAKEN;
	else if (text_equal(result, text_of("rejected")) && is_code(code) &&
		 text_to_cstr(code, ret_code, 4) >= 0)
		verdict = ALI_PUSH_REJECTED;
	j = json_free(j);
	return verdict;
}
