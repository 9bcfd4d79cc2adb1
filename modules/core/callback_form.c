/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "callback_form.h"

#include <errno.h>
#include <stddef.h>

/* The byte that stands for a name is its row's number. */
static const struct place {
	const char *name;
	size_t value; /* in struct callback_values */
} places[] = {
	[1] = { "user", offsetof(struct callback_values, user) },
	[2] = { "number", offsetof(struct callback_values, number) },
	[3] = { "host", offsetof(struct callback_values, host) },
	[4] = { "port", offsetof(struct callback_values, port) },
	[5] = { "transport", offsetof(struct callback_values, transport) },
};

static char place_of(struct text name)
{
	for (size_t i = 1; i < ARRAY_SIZE(places); i++)
		if (text_equal(name, text_of(places[i].name)))
			return (char)i;
	return 0;
}

/* The name in braces that begins here; its length with them, or -EINVAL. */
static int take_place(struct text t, char *ret)
{
	size_t end = text_index(t, '}');

	if (end == t.len)
		return -EINVAL;
	*ret = place_of(text_make(t.p + 1, end - 1));
	return *ret ? (int)end + 1 : -EINVAL;
}

int callback_form_compile(struct text template, char *buf, size_t size)
{
	size_t n = 0;

	if (template.len > CALLBACK_FORM_MAX)
		return -EINVAL;
	for (size_t i = 0; i < template.len;) {
		char c = template.p[i];
		int took = 1;

		if (c == '{')
			took = take_place(
				text_make(template.p + i, template.len - i),
				&c);
		else if (c == '}' || (unsigned char)c < ' ' || c == 0x7f)
			took = -EINVAL;
		if (took < 0 || n == size)
			return -EINVAL;
		buf[n++] = c;
		i += (size_t)took;
	}
	return (int)n;
}

void callback_form_put(struct text_writer *w, struct text form,
		       const struct callback_values *v)
{
	for (size_t i = 0; i < form.len; i++) {
		size_t place = (unsigned char)form.p[i];

		if (place && place < ARRAY_SIZE(places))
			text_write(w,
				   *(const struct text
					     *)(const void *)((const char *)v +
							      places[place]
								      .value));
		else
			text_write(w, text_make(form.p + i, 1));
	}
}

void callback_form_show(struct text_writer *w, struct text form)
{
	for (size_t i = 0; i < form.len; i++) {
		size_t place = (unsigned char)form.p[i];

		if (place && place < ARRAY_SIZE(places))
			text_writef(w, "{%s}", places[place].name);
		else
			text_write(w, text_make(form.p + i, 1));
	}
}
