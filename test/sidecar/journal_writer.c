/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_writer: stands in for the module's journal process.
 *
 *	journal_writer DIR ID [SOCKET]
 *
 * Appends to the journal in DIR (made with the 32 hex digits ID if it is not
 * there) what standard input says, one line each:
 *
 *	event KIND CALL AT_MS [name=value ...]	KIND: a number or call.started;
 *						CALL: a UUID or -; values with
 *						%HH escapes
 *	damaged					an event with a wrong CRC
 *	raw HEX					any bytes as an event
 *	calls COUNT PREFIX			COUNT calls of five events;
 *						PREFIX: 8 hex digits
 *	commit					what came so far is committed,
 *						SOCKET is told, and the last
 *						sequence number is printed
 *
 * The end of the input commits too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "event.h"
#include "event_pack.h"
#include "events/journal.h"
#include "store/lmdb_env.h"

#define LINE_MAX_SIZE 16384

struct writer {
	struct lmdb_env *env;
	struct lmdb_txn txn;
	uint64_t sequence; /* last written */
	const char *socket;
	uint16_t lengths[64]; /* of events that wait for their pack */
	size_t count, len;
	uint8_t events[LINE_MAX_SIZE];
};

static void die(const char *what, int err)
{
	(void)fprintf(stderr, "journal_writer: %s: %s\n", what,
		      strerror(err < 0 ? -err : err));
	exit(1);
}

/* What waits, as the journal process writes it: in packs. */
static void put_pack(struct writer *w)
{
	uint8_t key[8], pack[sizeof(w->events) + 256];
	uint64_t n = w->sequence;
	size_t at;

	if (!w->count)
		return;
	for (int i = 7; i >= 0; i--) {
		key[i] = (uint8_t)n;
		n >>= 8;
	}
	at = event_pack_head(pack, w->lengths, w->count);
	memcpy(pack + at, w->events, w->len);
	(void)lmdb_put(&w->txn, (struct lmdb_value){ key, sizeof(key) },
		       (struct lmdb_value){ pack, at + w->len });
	if (w->txn.err < 0)
		die("put", w->txn.err);
	w->count = w->len = 0;
}

static void put(struct writer *w, const void *p, size_t len)
{
	if (w->count == sizeof(w->lengths) / sizeof(*w->lengths) ||
	    event_pack_size(w->count + 1, w->len + len) > EVENT_PACK_MAX)
		put_pack(w);
	if (len)
		memcpy(w->events + w->len, p, len);
	w->lengths[w->count++] = (uint16_t)len;
	w->len += len;
	w->sequence++;
}

static unsigned kind_find(const char *name)
{
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (!*end)
		return (unsigned)n;
	for (unsigned i = 1; i < 256; i++) {
		const char *known = event_kind_name(i);

		if (known && strcmp(known, name) == 0)
			return i;
	}
	die(name, EINVAL);
	return 0;
}

static unsigned field_find(struct text name)
{
	for (unsigned i = 1; i < 256; i++) {
		if (event_field_name(i) &&
		    text_equal(name, text_of(event_field_name(i))))
			return i;
	}
	die("no such field", EINVAL);
	return 0;
}

static void put_field(struct event_writer *e, const char *word)
{
	struct text t = text_of(word);
	size_t eq = text_index(t, '=');
	unsigned field = field_find(text_make(t.p, eq));
	struct text value = text_make(t.p + eq + 1, t.len - eq - 1);
	char buf[LINE_MAX_SIZE];
	int n = text_percent_decode(value, buf, sizeof(buf));

	if (n < 0)
		die(word, n);
	if (event_field_type(field) == EVENT_TYPE_U64)
		event_u64(e, (enum event_field)field, strtoull(buf, NULL, 10));
	else
		event_text(e, (enum event_field)field,
			   text_make(buf, (size_t)n));
}

/* KIND CALL AT_MS [name=value ...] */
static void put_event(struct writer *w, char *words)
{
	char *save = NULL, *kind = strtok_r(words, " ", &save);
	char *call = strtok_r(NULL, " ", &save);
	char *at = strtok_r(NULL, " ", &save), *word;
	uint8_t buf[EVENT_MAX];
	struct event_writer e;
	struct uuid u = { { 0 } };

	if (!kind || !call || !at)
		die("event needs KIND CALL AT_MS", EINVAL);
	if (strcmp(call, "-") != 0 && uuid_parse(text_of(call), &u) < 0)
		die(call, EINVAL);
	event_begin(&e, buf, sizeof(buf), (enum event_kind)kind_find(kind), &u,
		    strtoll(at, NULL, 10));
	while ((word = strtok_r(NULL, " ", &save)) != NULL)
		put_field(&e, word);
	put(w, buf, event_finish(&e));
}

static void put_damaged(struct writer *w)
{
	uint8_t buf[EVENT_MAX];
	struct event_writer e;
	struct uuid u = { { 0 } };
	size_t len;

	event_begin(&e, buf, sizeof(buf), EVENT_SOURCE_UNKNOWN, &u, 1);
	len = event_finish(&e);
	buf[len - 1] ^= 0xff;
	put(w, buf, len);
}

static void put_raw(struct writer *w, const char *hex)
{
	uint8_t buf[LINE_MAX_SIZE / 2];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		buf[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	put(w, buf, n);
}

static void put_calls(struct writer *w, char *words)
{
	static const char *const kinds[] = {
		"call.started",  "leg.invited", "leg.ringing",
		"call.answered", "call.ended",
	};
	char *prefix;
	unsigned long count = strtoul(words, &prefix, 10);

	if (*prefix++ != ' ' || strlen(prefix) != 8)
		die("calls needs COUNT PREFIX", EINVAL);
	for (unsigned long c = 0; c < count; c++) {
		for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
			char line[256];

			(void)snprintf(line, sizeof(line),
				       "%s %s-0000-4000-8000-%012lx %" PRId64
				       " service=emergency trunk_id=1 "
				       "sip_call_id=%lu@test",
				       kinds[k], prefix, c,
				       INT64_C(1700000000000) +
					       (int64_t)(c * 1000 + k),
				       c);
			put_event(w, line);
		}
	}
}

static void begin(struct writer *w)
{
	int err = lmdb_txn_begin(&w->txn, w->env, true);

	if (err < 0)
		die("begin", err);
}

static void wake(const struct writer *w)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (!w->socket || strlen(w->socket) >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, w->socket, strlen(w->socket) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, "J", 1, 0, (const struct sockaddr *)&addr,
		     sizeof(addr));
	(void)close(fd);
}

static void commit(struct writer *w)
{
	int err;

	put_pack(w);
	err = lmdb_txn_commit(&w->txn);
	if (err < 0)
		die("commit", err);
	wake(w);
	(void)printf("%" PRIu64 "\n", w->sequence);
	(void)fflush(stdout);
}

static int note_last(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	uint64_t *last = arg;
	const uint8_t *p = key.p;

	(void)value;
	if (key.len != 8)
		return 0;
	*last = 0;
	for (int i = 0; i < 8; i++)
		*last = *last << 8 | p[i];
	return 0;
}

static void open_journal(struct writer *w, const char *dir, const char *id_hex)
{
	const struct lmdb_options o = { .map_size = (size_t)1 << 30 };
	const struct lmdb_value key = { "J", 1 };
	uint8_t id[JOURNAL_ID_SIZE];
	struct lmdb_value old;
	int err = lmdb_env_open(&w->env, dir, &o);

	if (err < 0)
		die(dir, err);
	if (strlen(id_hex) != 2 * sizeof(id))
		die("ID", EINVAL);
	for (size_t i = 0; i < sizeof(id); i++) {
		char two[3] = { id_hex[2 * i], id_hex[2 * i + 1], '\0' };

		id[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	begin(w);
	if (lmdb_get(&w->txn, key, &old) == -ENOENT)
		(void)lmdb_put(&w->txn, key,
			       (struct lmdb_value){ id, sizeof(id) });
	err = lmdb_each(&w->txn, NULL, note_last, &w->sequence);
	if (err < 0)
		die("read", err);
}

static void obey(struct writer *w, char *line)
{
	char *space = strchr(line, ' ');
	char *rest = space ? space + 1 : line + strlen(line);

	if (space)
		*space = '\0';
	if (strcmp(line, "event") == 0) {
		put_event(w, rest);
	} else if (strcmp(line, "damaged") == 0) {
		put_damaged(w);
	} else if (strcmp(line, "raw") == 0) {
		put_raw(w, rest);
	} else if (strcmp(line, "calls") == 0) {
		put_calls(w, rest);
	} else if (strcmp(line, "commit") == 0) {
		commit(w);
		begin(w);
	} else {
		die(line, EINVAL);
	}
}

int main(int argc, char **argv)
{
	struct writer w = { 0 };
	char line[LINE_MAX_SIZE];

	if (argc < 3) {
		(void)fprintf(stderr,
			      "usage: journal_writer DIR ID [SOCKET]\n");
		return 2;
	}
	w.socket = argc > 3 ? argv[3] : NULL;
	open_journal(&w, argv[1], argv[2]);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&w, line);
	}
	commit(&w);
	(void)lmdb_env_close(w.env);
	return 0;
}
