/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection_watch.h"

#include <errno.h>
#include <string.h>

#include "core/cfg/cfg.h"
#include "core/pass_fd.h"
#include "core/tcp_conn.h"
#include "directory.h"
#include "report.h"
#include "worker.h"

#define BATCH 256 /* looked at in one turn */

/* Kamailio's, in no header of its. */
extern gen_lock_t *tcpconn_lock;
extern struct tcp_connection **tcpconn_id_hash;
extern int unix_tcp_sock; /* to its main process of TCP */

struct newcomer {
	int id;
	uint8_t source[16];
};

/* One whose time was over, and then. */
struct overdue {
	int id;
	ticks_t timeout;
};

/* One tick more than those have that nobody has looked at. */
static ticks_t lifetime_of_known(void)
{
	return cfg_get(tcp, tcp_cfg, con_lifetime) + 1;
}

/* Told apart from both by the ticks behind its seconds. */
static ticks_t lifetime_of_strangers(void)
{
	return S_TO_TICKS(worker_conf.stranger_connection) + 2;
}

static bool is_on(void)
{
	return worker_conf.stranger_connection && tcpconn_lock &&
	       tcpconn_id_hash;
}

static void source_of(const struct tcp_connection *c, uint8_t source[16])
{
	const struct ip_addr *ip = &c->rcv.src_ip;

	memset(source, 0, 16);
	if (ip->af == AF_INET) {
		source[10] = source[11] = 0xff;
		memcpy(source + 12, ip->u.addr, 4);
	} else {
		memcpy(source, ip->u.addr, 16);
	}
}

/* What a damaged directory does not know is not a stranger for that. */
static bool is_stranger(struct directory *d, const uint8_t source[16])
{
	struct dir_trunk trunk;

	return d && !directory_is_stale(d) &&
	       directory_trunk_by_source(d, source, &trunk) == -ENOENT;
}

static void set_lifetime(struct tcp_connection *c, bool is_strange)
{
	if (is_strange)
		stat_add(STAT_connections_of_strangers, 1);
	c->lifetime =
		is_strange ? lifetime_of_strangers() : lifetime_of_known();
}

/* ---- over TLS ---- */

void connection_watch_opened(struct tcp_connection *c)
{
	struct directory *d;
	uint8_t source[16];

	c->lifetime = lifetime_of_known();
	if (!is_on())
		return;
	source_of(c, source);
	d = worker_directory_begin();
	set_lifetime(c, is_stranger(d, source));
	worker_directory_end(d);
}

/* ---- over TCP ---- */

static bool is_new(const struct tcp_connection *c)
{
	return c->type == PROTO_TCP && c->flags & F_CONN_PASSIVE &&
	       c->state >= 0 && c->lifetime == lifetime_of_known() - 1;
}

static unsigned collect(struct newcomer list[BATCH])
{
	unsigned n = 0;

	lock_get(tcpconn_lock);
	for (unsigned i = 0; i < TCP_ID_HASH_SIZE && n < BATCH; i++)
		for (const struct tcp_connection *c = tcpconn_id_hash[i];
		     c && n < BATCH; c = c->id_next) {
			if (!is_new(c))
				continue;
			list[n].id = c->id;
			source_of(c, list[n++].source);
		}
	lock_release(tcpconn_lock);
	return n;
}

static struct tcp_connection *find(int id)
{
	struct tcp_connection *c = tcpconn_id_hash[tcp_id_hash(id)];

	while (c && c->id != id)
		c = c->id_next;
	return c;
}

/* Unless a call came over it meanwhile. */
static void settle(const struct newcomer *who, bool is_strange)
{
	struct tcp_connection *c;

	lock_get(tcpconn_lock);
	c = find(who->id);
	if (c && is_new(c)) {
		set_lifetime(c, is_strange);
		if (is_strange && !c->reader_pid)
			c->timeout = get_ticks_raw() + c->lifetime;
	}
	lock_release(tcpconn_lock);
}

static void look_at_newcomers(void)
{
	static struct newcomer list[BATCH];
	unsigned n = collect(list);
	struct directory *d;

	if (!n)
		return;
	d = worker_directory_begin();
	for (unsigned i = 0; i < n; i++)
		settle(&list[i], is_stranger(d, list[i].source));
	worker_directory_end(d);
}

/* ---- whose time is over ---- */

/* Of a stranger, or in its handshake; nobody reads it. */
static bool is_overdue(const struct tcp_connection *c)
{
	return c->flags & F_CONN_PASSIVE && c->state >= 0 && !c->reader_pid &&
	       (c->lifetime == lifetime_of_strangers() ||
		c->lifetime == S_TO_TICKS(CONNECTION_HANDSHAKE_S)) &&
	       TICKS_LT(c->timeout + S_TO_TICKS(1), get_ticks_raw());
}

static unsigned collect_overdue(struct overdue list[BATCH])
{
	unsigned n = 0;

	lock_get(tcpconn_lock);
	for (unsigned i = 0; i < TCP_ID_HASH_SIZE && n < BATCH; i++)
		for (const struct tcp_connection *c = tcpconn_id_hash[i];
		     c && n < BATCH; c = c->id_next)
			if (is_overdue(c))
				list[n++] =
					(struct overdue){ c->id, c->timeout };
	lock_release(tcpconn_lock);
	return n;
}

/* As Kamailio does after the last message of a connection that is to end.  The
 * main process gives our reference back. */
static void give_up(const struct overdue *o)
{
	struct tcp_connection *c;
	long told[2] = { 0, CONN_EOF };

	lock_get(tcpconn_lock);
	c = find(o->id);
	if (c && is_overdue(c) && c->timeout == o->timeout) {
		atomic_inc(&c->refcnt);
		told[0] = (long)c;
	}
	lock_release(tcpconn_lock);
	if (told[0] && send_all(unix_tcp_sock, told, sizeof(told)) <= 0)
		log_line(LEVEL_ERR, "cannot end a connection: %s",
			 strerror(errno));
}

/*
 * Kamailio looks at a connection's time when something came over it, and at
 * the end of tcp_connection_lifetime: one that says nothing at all is ended
 * here.  What is overdue in two turns is no matter of the moment in which a
 * reader gives it back.
 */
static void end_the_silent(void)
{
	static struct overdue last[BATCH], now[BATCH];
	static unsigned last_count;
	unsigned n = collect_overdue(now);

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < last_count; k++)
			if (last[k].id == now[i].id &&
			    last[k].timeout == now[i].timeout)
				give_up(&now[i]);
	memcpy(last, now, n * sizeof(*now));
	last_count = n;
}

void connection_watch_run(void)
{
	if (!is_on())
		return;
	look_at_newcomers();
	end_the_silent();
}

/* In the reader that has it, so that ours is not the last reference. */
void connection_watch_keep(int connection)
{
	struct tcp_connection *c =
		connection && is_on()
			? tcpconn_get(connection, NULL, 0, NULL, 0)
			: NULL;

	if (!c)
		return;
	if (c->flags & F_CONN_PASSIVE)
		c->lifetime = lifetime_of_known();
	(void)tcpconn_put(c);
}
