/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text_writer.h"
#include "xml/xml_doc.h"
#include "xml/xml_guard.h"

static const char *why;

static struct xml_doc *read_text(struct text t)
{
	struct xml_doc *d = NULL;
	int err = xml_doc_read(&d, t, &why);

	if (err < 0)
		fail_msg("refused: %s", why);
	return d;
}

static void refused(int err, const char *reason, struct text t)
{
	struct xml_doc *d = NULL;

	why = "";
	assert_int_equal(xml_doc_read(&d, t, &why), err);
	assert_null(d);
	assert_string_equal(why, reason);
}

static void assert_text(struct text t, const char *expected)
{
	assert_int_equal(t.len, strlen(expected));
	assert_memory_equal(t.p, expected, t.len);
}

/* ---- what is read ---- */

static void a_document_becomes_a_tree(void **state)
{
	struct xml_doc *d = read_text(text_of(
		"<?xml version=\"1.0\"?>\n<a xmlns=\"urn:x\" xmlns:y='urn:y'>"
		"<y:b k='1' y:k2=' &lt;2&amp;&#65; '/> <!-- <no/> -->"
		"<c> one &amp; <![CDATA[<two>]]> </c><c>3</c></a>"));
	const struct xml_node *a = xml_doc_root(d), *b = a->child, *c;

	(void)state;
	assert_text(a->name, "a");
	assert_text(a->ns, "urn:x");
	assert_text(b->name, "b");
	assert_text(b->ns, "urn:y");
	assert_text(xml_attr(b, "k"), "1");
	assert_text(xml_attr(b, "K2"), "<2&A");
	assert_text(xml_attr(b, "k3"), "");
	c = xml_child(a, "C");
	assert_text(c->text, "one & <two>");
	assert_ptr_equal(c->parent, a);
	assert_int_equal(c->line, 2);
	c = xml_sibling(c, "c");
	assert_text(c->text, "3");
	assert_null(xml_sibling(c, "c"));
	assert_null(xml_child(a, "d"));
	assert_ptr_equal(xml_find(a, "a"), a);
	assert_ptr_equal(xml_find(c, "a"), NULL);
	assert_null(xml_doc_free(d));
}

static void text_behind_a_child_is_not_the_element_s(void **state)
{
	struct xml_doc *d =
		read_text(text_of("<a>x<!-- -->y<b>1</b>z<b>2</b>z</a>"));
	const struct xml_node *a = xml_doc_root(d);

	(void)state;
	assert_text(a->text, "xy");
	assert_text(a->child->text, "1");
	assert_text(a->child->next->text, "2");
	d = xml_doc_free(d);
}

/* The names from root on, one after the other. */
static void walks(const struct xml_node *root, const char *expected)
{
	char names[32];
	struct text_writer w = text_writer_on(names, sizeof(names));
	const struct xml_node *n = NULL;

	while ((n = xml_walk(root, n)))
		text_write(&w, n->name);
	assert_text(text_written(&w), expected);
}

static void the_walk_stays_below_its_root(void **state)
{
	struct xml_doc *d =
		read_text(text_of("<a><b><c/><d/></b><e><f/></e></a>"));
	const struct xml_node *a = xml_doc_root(d);

	(void)state;
	walks(a, "abcdef");
	walks(a->child, "bcd");
	d = xml_doc_free(d);
}

static void dirt_around_and_in_a_document_is_overlooked(void **state)
{
	static const char *const dirty[] = {
		"\xef\xbb\xbf<?xml version='1.0' "
		"encoding='UTF-8'?><a>\xc3\xa9</a>",
		"\r\n \r\n<?xml "
		"version=\"1.0\"?>\r\n<a>\xc3\xa9\r\n</a>\r\n\r\n",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>",
		"<a>\xe9</a>",
		"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>\xc3\xa9</a>",
		"<?xml version=\"1.0\" encoding=\"UTF-7\"?><a>\xc3\xa9</a>",
		"<?xml version=\"1.0\" encoding=\"none\"?><a>\xc3\xa9</a>",
		"<x:a>&#xe9;</x:a>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		struct xml_doc *d = read_text(text_of(dirty[i]));

		assert_text(xml_doc_root(d)->name, "a");
		assert_text(xml_doc_root(d)->text, "\xc3\xa9");
		d = xml_doc_free(d);
	}
}

/* ---- what is refused ---- */

static void what_is_not_well_formed_is_refused(void **state)
{
	static const char *const bad[] = {
		"plain text",       "<a><b></a></b>", "<a/><b/>",
		"<a>&nbsp;</a>",    "<a>&#0;</a>",    "<a b=1/>",
		"<a b='1' b='2'/>", "<a/>x",          "<a>\x01</a>",
		"<a></b>",          "<1/>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(-EBADMSG, "it is not well-formed", text_of(bad[i]));
	refused(-EBADMSG, "it is empty", text_of(" \r\n"));
	refused(-EBADMSG, "it is cut off", text_of("<a b='"));
	refused(-EBADMSG, "it is cut off", text_of("<a"));
	refused(-EBADMSG, "it is cut off", text_of("<a><!-- "));
	refused(-EBADMSG, "it is cut off", text_of("<a><![CDATA[x]]"));
	refused(-EBADMSG, "a tag holds '<'", text_of("<a <b>"));
	refused(-EBADMSG, "an attribute holds '<'", text_of("<a b='<'/>"));
	refused(-EBADMSG, "it holds a NUL", text_make("<\0a\0/\0>\0", 8));
}

static const char laughs[] =
	"<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\">"
	"<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
	"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
	"<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
	"<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">]><l>&e;</l>";

static void no_document_type_is_taken(void **state)
{
	(void)state;
	refused(-EPERM, "it has a document type", text_of(laughs));
	refused(-EPERM, "it has a document type",
		text_of("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"));
	refused(-EPERM, "it has a document type",
		text_of("<?x <!DOCTYPE ?><!-- > --><!doctype a><a/>"));
	refused(-EPERM, "it has a document type",
		text_of("<a><!ENTITY x SYSTEM 'http://192.0.2.1/'></a>"));
}

/* ---- what is too much ---- */

/* Documents made of a repeated piece; the caller frees. */
static struct text many(const char *head, const char *piece, size_t count,
			const char *tail)
{
	size_t size = strlen(head) + strlen(piece) * count + strlen(tail) +
		      count * 8 + 1;
	struct text_writer w = text_writer_on(malloc(size), size);

	assert_non_null(w.buf);
	text_write_cstr(&w, head);
	for (size_t i = 0; i < count; i++) {
		for (const char *c = piece; *c; c++) {
			if (*c == '#')
				text_write_u64(&w, i);
			else
				text_write(&w, text_make(c, 1));
		}
	}
	text_write_cstr(&w, tail);
	assert_true(text_writer_end(&w) >= 0);
	return text_make(w.buf, w.used);
}

static void refused_and_freed(int err, const char *reason, struct text t)
{
	refused(err, reason, t);
	free((char *)t.p);
}

static void read_and_freed(struct text t)
{
	struct xml_doc *d = read_text(t);

	d = xml_doc_free(d);
	free((char *)t.p);
}

static struct text nested(size_t depth)
{
	struct text open = many("", "<a>", depth, "");
	struct text all = many(open.p, "</a>", depth, "");

	free((char *)open.p);
	return all;
}

static void limits_are_exact(void **state)
{
	(void)state;
	read_and_freed(nested(XML_DEPTH_MAX));
	refused_and_freed(-E2BIG, "elements nested too deeply",
			  nested(XML_DEPTH_MAX + 1));
	refused_and_freed(-E2BIG, "elements nested too deeply", nested(100000));
	read_and_freed(many("<a", " a#='1'", XML_ATTRIBUTES_MAX, "/>"));
	refused_and_freed(-E2BIG, "too many attributes",
			  many("<a", " a#='1'", XML_ATTRIBUTES_MAX + 1, "/>"));
	refused_and_freed(-E2BIG, "too many attributes",
			  many("<a", " a#='1'", 50000, "/>"));
	read_and_freed(many("<a>", "<b/>", XML_ELEMENTS_MAX - 1, "</a>"));
	refused_and_freed(-E2BIG, "too many elements",
			  many("<a>", "<b/>", XML_ELEMENTS_MAX, "</a>"));
	read_and_freed(many("<a>", "x", XML_BYTES_MAX - 7, "</a>"));
	refused_and_freed(-E2BIG, "it is too long",
			  many("<a>", "x", XML_BYTES_MAX - 6, "</a>"));
	refused_and_freed(-E2BIG, "too many attributes",
			  many("<a>", "<b x='' y=''/>",
			       XML_ATTRIBUTES_ALL / 2 + 1, "</a>"));
}

/* ---- what a document costs ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CPU_MS_MAX 2000
#define RSS_KB_MAX 0 /* a sanitizer's shadow is not ours */
#else
#define CPU_MS_MAX 200
#define RSS_KB_MAX 16384
#endif

static long cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long peak_kb(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* In a process of its own, whose peak is that of this document. */
static void assert_cheap(const char *what, struct text t)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct xml_doc *d = NULL;
		long kb = peak_kb(), ms = cpu_ms();

		(void)!xml_doc_read(&d, t, &why);
		ms = cpu_ms() - ms;
		kb = peak_kb() - kb;
		(void)fprintf(stderr, "%s: %zu bytes, %ld ms, %ld kB\n", what,
			      t.len, ms, kb);
		_exit((ms > CPU_MS_MAX) | (RSS_KB_MAX && kb > RSS_KB_MAX) << 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	free((char *)t.p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void no_document_costs_more_than_200_ms_and_16_mb(void **state)
{
	static char buf[XML_ATTRIBUTES_MAX * 24 + 64];
	struct text_writer wide = text_writer_on(buf, sizeof(buf));
	struct text open;

	(void)state;
	assert_cheap("laughs", many("", laughs, 2000, ""));
	assert_cheap("attributes", many("<a", " a#='1'", 50000, "/>"));
	assert_cheap("depth", nested(100000));
	assert_cheap("elements",
		     many("<a>", "<b#/>", XML_ELEMENTS_MAX - 1, "</a>"));
	assert_cheap("text", many("<a>", "x", XML_BYTES_MAX - 7, "</a>"));
	assert_cheap("references",
		     many("<a>", "&amp;", XML_BYTES_MAX / 5 - 2, "</a>"));
	assert_cheap("Latin-1", many("<a>", "\xe9", XML_BYTES_MAX - 7, "</a>"));
	assert_cheap("attribute",
		     many("<a b='", "&amp;", XML_BYTES_MAX / 5 - 3, "'/>"));
	assert_cheap("comments",
		     many("<a>", "<!---->", XML_BYTES_MAX / 7 - 2, "</a>"));
	assert_cheap("instructions",
		     many("<a>", "<?b c?>", XML_BYTES_MAX / 7 - 2, "</a>"));
	assert_cheap("CDATA", many("<a>", "<![CDATA[]]>",
				   XML_BYTES_MAX / 12 - 2, "</a>"));
	assert_cheap("long names", many("<a>",
					"<bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
					"bbbbbbbbb#/>",
					XML_ELEMENTS_MAX - 1, "</a>"));
	assert_cheap("unclosed", many("<a ", "<", XML_BYTES_MAX - 8, ""));
	assert_cheap("quotes", many("", "<a b=\"", 150000, ""));
	/* As many prefixes in scope as can be, looked up as often as can be. */
	text_write_cstr(&wide, "<a");
	for (int i = 0; i < XML_ATTRIBUTES_MAX; i++)
		text_writef(&wide, " xmlns:n%d='u:%d'", i, i);
	text_write_cstr(&wide, ">");
	assert_true(text_writer_end(&wide) >= 0);
	open = many("", buf, XML_DEPTH_MAX - 1, "");
	assert_cheap("prefixes",
		     many(open.p, "<n0:b n1:c='' n2:d=''/>", 9000, ""));
	free((char *)open.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_becomes_a_tree),
		cmocka_unit_test(text_behind_a_child_is_not_the_element_s),
		cmocka_unit_test(the_walk_stays_below_its_root),
		cmocka_unit_test(dirt_around_and_in_a_document_is_overlooked),
		cmocka_unit_test(what_is_not_well_formed_is_refused),
		cmocka_unit_test(no_document_type_is_taken),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(no_document_costs_more_than_200_ms_and_16_mb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
