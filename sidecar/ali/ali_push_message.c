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

/* Three digits: theirs, or what stands for it among ours. */
static void find_code(const struct ali_push_words *w, struct text theirs,
		      char ret[4])
{
	struct json *j = NULL;
	char name[ALI_PUSH_WORD_SIZE];
	const char *why;

	if (is_code(theirs))
		(void)!text_to_cstr(theirs, ret, 4);
	if (ret[0] || !w->codes[0] ||
	    text_to_cstr(theirs, name, sizeof(name)) < 0 ||
	    json_parse(&j, text_of(w->codes), &why) < 0)
		return;
	if (is_code(json_text(j, name)))
		(void)!text_to_cstr(json_text(j, name), ret, 4);
	j = json_free(j);
}

enum ali_push_verdict ali_push_judge(int status, struct text body,
				     const struct ali_push_words *words,
				     char ret_code[4])
{
	static const struct ali_push_words ours = { .result = "result",
						    .accepted = "accepted",
						    .rejected = "rejected",
						    .code = "code" };
	const struct ali_push_words *w = words ? words : &ours;
	enum ali_push_verdict verdict = ALI_PUSH_AGAIN;
	struct json *j = NULL;
	struct text result;
	const char *why;

	ret_code[0] = '\0';
	if ((words ? status / 100 != 2 : status != 200) ||
	    json_parse(&j, body, &why) < 0)
		return ALI_PUSH_AGAIN;
	result = json_text(j, w->result);
	if (text_equal(result, text_of(w->accepted)))
		verdict = ALI_PUSH_TAKEN;
	else if (text_equal(result, text_of(w->rejected)))
		find_code(w, json_text(j, w->code), ret_code);
	if (ret_code[0])
		verdict = ALI_PUSH_REJECTED;
	j = json_free(j);
	return verdict;
}
