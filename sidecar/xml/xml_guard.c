/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memmem() */
#define _GNU_SOURCE
#include "xml/xml_guard.h"

#include <errno.h>

struct scan {
	const char *p, *end;
	uint32_t depth;
	struct xml_extent extent;
	const char *why;
};

static int refuse(struct scan *s, int err, const char *why)
{
	s->why = why;
	return err;
}

static bool starts(const struct scan *s, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(s->end - s->p) >= len && !memcmp(s->p, with, len);
}

/* Behind the next 'end'. */
static int skip(struct scan *s, const char *end)
{
	size_t len = strlen(end);
	const char *at = memmem(s->p, (size_t)(s->end - s->p), end, len);

	if (!at)
		return refuse(s, -EBADMSG, "it is cut off");
	s->p = at + len;
	return 0;
}

/* A value in quotes.  One attribute has one. */
static int attribute(struct scan *s, uint32_t *count)
{
	const char quote = *s->p++;
	const char *at = memchr(s->p, quote, (size_t)(s->end - s->p));

	if (!at)
		return refuse(s, -EBADMSG, "it is cut off");
	if (memchr(s->p, '<', (size_t)(at - s->p)))
		return refuse(s, -EBADMSG, "an attribute holds '<'");
	s->p = at + 1;
	if (++*count > XML_ATTRIBUTES_MAX ||
	    ++s->extent.attributes > XML_ATTRIBUTES_ALL)
		return refuse(s, -E2BIG, "too many attributes");
	return 0;
}

/* p is behind the '<' of a start-tag. */
static int start_tag(struct scan *s)
{
	uint32_t count = 0;
	int err = 0;

	if (++s->extent.elements > XML_ELEMENTS_MAX)
		return refuse(s, -E2BIG, "too many elements");
	while (s->p < s->end && *s->p != '>' && err == 0) {
		if (*s->p == '<')
			return refuse(s, -EBADMSG, "a tag holds '<'");
		if (*s->p == '"' || *s->p == '\'')
			err = attribute(s, &count);
		else
			s->p++;
	}
	if (err < 0)
		return err;
	if (s->p == s->end)
		return refuse(s, -EBADMSG, "it is cut off");
	if (s->p[-1] != '/' && ++s->depth > XML_DEPTH_MAX)
		return refuse(s, -E2BIG, "elements nested too deeply");
	s->p++;
	return 0;
}

/* p is at a '<'. */
static int markup(struct scan *s)
{
	if (starts(s, "<!--")) {
		s->p += 4;
		return skip(s, "-->");
	}
	if (starts(s, "<![CDATA["))
		return skip(s, "]]>");
	if (starts(s, "<!"))
		return refuse(s, -EPERM, "it has a document type");
	if (starts(s, "<?"))
		return skip(s, "?>");
	if (starts(s, "</")) {
		if (s->depth)
			s->depth--;
		return skip(s, ">");
	}
	s->p++;
	return start_tag(s);
}

int xml_guard(struct text document, struct xml_extent *ret,
	      const char **ret_why)
{
	struct scan s = { .p = document.p, .why = "" };
	int err = 0;

	if (document.len > XML_BYTES_MAX) {
		*ret_why = "it is too long";
		return -E2BIG;
	}
	if (!document.len) {
		*ret_why = "it is empty";
		return -EBADMSG;
	}
	s.end = s.p + document.len;
	if (memchr(s.p, '\0', document.len))
		err = refuse(&s, -EBADMSG, "it holds a NUL");
	while (err == 0) {
		s.p = memchr(s.p, '<', (size_t)(s.end - s.p));
		if (!s.p)
			break;
		err = markup(&s);
	}
	if (err < 0)
		*ret_why = s.why;
	else
		*ret = s.extent;
	return err;
}
