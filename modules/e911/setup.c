/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup.h"

#include "report.h"
#include "sip_port.h"
#include "text_writer.h"

#define CANCEL_MAX 8192

static struct setup_store *store;
static const bool *is_ready;

void setup_init(struct setup_store *s, const bool *ready)
{
	store = s;
	is_ready = ready;
}

uint32_t setup_begin(const struct setup_invite *how, struct text invite)
{
	const struct text parts[SETUP_PARTS_MAX] = {
		text_make((const char *)how, sizeof(*how)), invite
	};
	uint32_t handle;

	if (!store || !__atomic_load_n(is_ready, __ATOMIC_ACQUIRE))
		return 0;
	handle = setup_store_add(store, parts);
	if (!handle)
		stat_add(STAT_setups_unrecorded, 1);
	return handle;
}

void setup_end(uint32_t *handle)
{
	if (*handle)
		setup_store_drop(store, *handle);
	*handle = 0;
}

/* ---- the CANCEL ---- */

static bool is_header(struct text line, struct text name)
{
	return line.len > name.len && line.p[name.len] == ':' &&
	       text_equal_nocase(text_make(line.p, name.len), name);
}

static bool belongs_to_cancel(struct text line)
{
	static const struct text names[] = {
		{ "Via", 3 },     { "From", 4 },  { "To", 2 },
		{ "Call-ID", 7 }, { "Route", 5 }, { "Max-Forwards", 12 }
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_header(line, names[i]))
			return true;
	return false;
}

/* With its CRLF; empty at the end of the headers. */
static struct text take_line(struct text *rest)
{
	size_t end = text_index(*rest, '\n');
	struct text line = text_of(NULL);

	if (end >= rest->len)
		return line;
	line = text_make(rest->p, end + 1);
	*rest = text_make(rest->p + line.len, rest->len - line.len);
	return line.len > 2 ? line : text_of(NULL);
}

static void put_cseq(struct text_writer *w, struct text line,
		     const char *method)
{
	struct text number = text_trim(text_make(line.p + 5, line.len - 5));
	size_t n = 0;

	while (n < number.len && text_is_digit(number.p[n]))
		n++;
	text_write_cstr(w, "CSeq: ");
	text_write(w, text_make(number.p, n));
	text_write_cstr(w, " ");
	text_write(w, text_of(method));
	text_write_cstr(w, "\r\n");
}

size_t setup_cancel(struct text invite, char *buf, size_t size)
{
	static const struct text method = { "INVITE ", 7 };
	struct text_writer w = text_writer_on(buf, size);
	struct text line = take_line(&invite);

	if (!text_has_prefix_nocase(line, method))
		return 0;
	text_write(&w, text_of("CANCEL "));
	text_write(&w, text_make(line.p + method.len, line.len - method.len));
	while ((line = take_line(&invite)).len) {
		if (belongs_to_cancel(line))
			text_write(&w, line);
		else if (is_header(line, text_of("CSeq")))
			put_cseq(&w, line, "CANCEL");
	}
	text_write(&w, text_of("Content-Length: 0\r\n\r\n"));
	return w.full ? 0 : text_written(&w).len;
}

size_t setup_ack(struct text cancel, struct text to, char *buf, size_t size)
{
	static const struct text method = { "CANCEL ", 7 };
	struct text_writer w = text_writer_on(buf, size);
	struct text line = take_line(&cancel);

	if (!text_has_prefix_nocase(line, method))
		return 0;
	text_write(&w, text_of("ACK "));
	text_write(&w, text_make(line.p + method.len, line.len - method.len));
	while ((line = take_line(&cancel)).len) {
		if (is_header(line, text_of("To")))
			text_writef(&w, "To: %.*s\r\n", TEXT_ARG(to));
		else if (is_header(line, text_of("CSeq")))
			put_cseq(&w, line, "ACK");
		else
			text_write(&w, line);
	}
	text_write(&w, text_of("\r\n"));
	return w.full ? 0 : text_written(&w).len;
}

struct text setup_header(struct text message, const char *name)
{
	const struct text wanted = text_of(name);
	struct text line;

	(void)take_line(&message);
	while ((line = take_line(&message)).len)
		if (is_header(line, wanted))
			return text_trim(text_make(line.p + wanted.len + 1,
						   line.len - wanted.len - 1));
	return text_of(NULL);
}

void setup_ringing(const struct leg *leg, const struct next_hop *to,
		   struct text invite)
{
	static char cancel[CANCEL_MAX];
	struct setup_leg how = { .to = *to };
	uint32_t handle = leg->call->setup;
	struct text parts[SETUP_PARTS_MAX];

	if (!handle)
		return;
	sip_socket_name(&leg->flow, how.socket, sizeof(how.socket));
	parts[0] = text_make((const char *)&how, sizeof(how));
	parts[1] =
		text_make(cancel, setup_cancel(invite, cancel, sizeof(cancel)));
	if (!parts[1].len || !setup_store_leg(store, handle, parts))
		stat_add(STAT_setups_unrecorded, 1);
}

void setup_keep_leg(uint32_t handle, const struct setup_leg *how,
		    struct text cancel)
{
	const struct text parts[SETUP_PARTS_MAX] = {
		text_make((const char *)how, sizeof(*how)), cancel
	};

	if (!handle || !cancel.len)
		return;
	if (!setup_store_leg(store, handle, parts))
		stat_add(STAT_setups_unrecorded, 1);
}
