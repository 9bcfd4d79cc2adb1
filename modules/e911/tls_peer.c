/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_peer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "connection_watch.h"
#include "core/tcp_conn.h"
#include "core/tls_hooks.h"
#include "core/xavp.h"
#include "dir_record.h"
#include "hwaddr.h"
#include "modules/tls/tls_server.h"
#include "report.h"
#include "tls_openssl.h"
#include "unreach_ring.h"
#include "worker.h"

static struct tls_hooks real; /* of the module tls */
/* What the request that is being sent wants; leg NULL: it is not ours. */
static struct {
	struct leg *leg;
	struct tls_goal goal;
	char sni[CALL_TLS_NAME_SIZE];
	bool is_withheld; /* not sent: the connection will not do */
} wanted;

/* ---- what a leg wants ---- */

static void take_name(char name[CALL_TLS_NAME_SIZE], const struct call_text *t)
{
	if (text_to_cstr(call_text_get(t), name, CALL_TLS_NAME_SIZE) < 0)
		name[0] = '\0';
}

void tls_peer_begin(struct leg *leg)
{
	bool any =
		leg->tls_unverified &&
		(leg_is_answered(leg) || leg->variant & LEG_VARIANT_UNVERIFIED);

	if (!real.encode || leg->peer.transport != TRANSPORT_TLS)
		return;
	wanted.leg = leg;
	wanted.is_withheld = false;
	wanted.goal = (struct tls_goal){
		.trunk_id = leg->trunk_id,
		.check = any              ? TLS_CHECK_NONE
			 : leg->tls_check ? leg->tls_check
					  : TLS_CHECK_CHAIN,
	};
	take_name(wanted.goal.name, &leg->tls_name);
	take_name(wanted.sni, &leg->tls_sni);
}

bool tls_peer_end(void)
{
	bool is_withheld = wanted.leg && wanted.is_withheld;

	wanted.leg = NULL;
	return is_withheld;
}

/* ---- the name for SNI ---- */

static str sni_root = str_init("tls"); /* its parameter xavp_cfg */

static void offer_sni(void)
{
	str name = str_init("server_name");
	sr_xval_t value = { .type = SR_XTYPE_STR };

	if (!wanted.sni[0])
		return;
	value.v.s = (str){ wanted.sni, (int)strlen(wanted.sni) };
	if (!xavp_add_xavp_value(&sni_root, &name, &value, NULL))
		stat_add(STAT_memory_failures, 1);
}

/* What the script may have set is there again afterwards: the latest one
 * counts. */
static void withdraw_sni(void)
{
	if (wanted.sni[0])
		(void)xavp_rm_by_name(&sni_root, 0, NULL);
}

/* ---- telling ---- */

static struct call_route place_of(const struct tcp_connection *c,
				  const struct tls_goal *goal)
{
	struct call_route route = { .trunk_id = goal->trunk_id,
				    .port = c->rcv.src_port,
				    .transport = TRANSPORT_TLS };
	struct ip_addr addr = c->rcv.src_ip;

	(void)snprintf(route.host, sizeof(route.host), "%s", ip_addr2a(&addr));
	return route;
}

static void tell(enum event_kind kind, const struct tcp_connection *c,
		 const struct tls_goal *goal, const char *why)
{
	struct tls_extra_data *x = c->extra_data;
	char shown[TLS_SHOWN_SIZE];
	struct call_route route = place_of(c, goal);

	tls_openssl_shown(x->ssl, shown);
	stat_add(kind == EVENT_TLS_REFUSED ? STAT_tls_refused
					   : STAT_tls_unverified,
		 1);
	report_tls(kind, &route, why, goal->name, shown);
}

/* Those who wait for this connection need not find out by themselves. */
static void give_up(const struct tcp_connection *c, const char *why,
		    bool is_untrusted)
{
	struct unreach_note note = { .port = c->rcv.src_port,
				     .transport = TRANSPORT_TLS,
				     .connection = c->id,
				     .is_untrusted = is_untrusted,
				     .why = why };
	bool v4 = c->rcv.src_ip.len == 4;

	if (v4)
		memset(note.ip + 10, 0xff, 2);
	memcpy(v4 ? note.ip + 12 : note.ip, c->rcv.src_ip.u.addr, v4 ? 4 : 16);
	unreach_ring_refused(worker_shared->connections, note);
}

/* ---- sending ---- */

static SSL *ssl_of(const struct tcp_connection *c)
{
	const struct tls_extra_data *x = c->extra_data;

	return x ? x->ssl : NULL;
}

static bool is_ours(const struct tcp_connection *c)
{
	return wanted.leg && !(c->flags & F_CONN_PASSIVE);
}

/* Would it have been made for this leg, too? */
static bool suits(struct tcp_connection *c)
{
	const char *why = tls_openssl_meet(ssl_of(c), &wanted.goal);

	if (!why)
		return true;
	tell(EVENT_TLS_REFUSED, c, &wanted.goal, why);
	wanted.leg->is_untrusted = true;
	return false;
}

/*
 * Nothing goes out, and the connection stays: others may be talking over it.
 * To Kamailio that is a message of which OpenSSL has not made any bytes yet.
 */
static int withhold(unsigned int *len, const char **rest_buf,
		    unsigned int *rest_len)
{
	wanted.is_withheld = true;
	*len = *rest_len = 0;
	*rest_buf = NULL;
	return 0;
}

/* Under the connection's lock. */
static int on_encode(struct tcp_connection *c, const char **buf,
		     unsigned int *len, const char **rest_buf,
		     unsigned int *rest_len, snd_flags_t *flags)
{
	bool is_new = is_ours(c) && !c->extra_data;
	int rc;

	if (is_ours(c) && !is_new && !suits(c))
		return withhold(len, rest_buf, rest_len);
	if (is_new)
		offer_sni();
	rc = real.encode(c, buf, len, rest_buf, rest_len, flags);
	if (!is_new)
		return rc;
	withdraw_sni();
	if (rc >= 0 && tls_openssl_demand(ssl_of(c), &wanted.goal) < 0) {
		stat_add(STAT_memory_failures, 1);
		return -1;
	}
	return rc;
}

/* ---- receiving ---- */

/* A handshake that we began has ended, well or not. */
static void on_connected(struct tcp_connection *c, const struct tls_goal *goal,
			 bool is_good)
{
	const char *fault = tls_openssl_fault(ssl_of(c));

	if (is_good && fault) {
		tell(EVENT_TLS_UNVERIFIED, c, goal, fault);
	} else if (!is_good) {
		const char *why = fault ? fault : "TLS handshake failed";

		tell(EVENT_TLS_REFUSED, c, goal, why);
		/* As its reader is about to do: nobody shall take it for one
		 * that can be used. */
		c->state = S_CONN_BAD;
		give_up(c, why, fault != NULL);
	}
}

static int on_read(struct tcp_connection *c, rd_conn_flags_t *flags)
{
	SSL *ssl = ssl_of(c);
	const struct tls_goal *goal = ssl ? tls_openssl_goal(ssl) : NULL;
	bool was_open = ssl && tls_openssl_is_open(ssl), is_open;
	int rc = real.read(c, flags);

	ssl = ssl_of(c);
	is_open = ssl && tls_openssl_is_open(ssl);
	if (was_open || !ssl)
		return rc;
	if (is_open && c->flags & F_CONN_PASSIVE)
		connection_watch_opened(c);
	if (goal && (is_open || rc < 0))
		on_connected(c, goal, is_open);
	return rc;
}

/* ---- who sent a request ---- */

/* In the reader that has it, so that ours is not the last reference. */
const struct shown_names *tls_peer_names(int connection)
{
	static struct shown_names names;
	struct tcp_connection *c = tcpconn_get(connection, NULL, 0, NULL, 0);

	names.count = 0;
	names.fault = "certificate: the connection is gone";
	if (!c)
		return &names;
	lock_get(&c->write_lock);
	if (c->type == PROTO_TLS && ssl_of(c) && tls_openssl_is_open(ssl_of(c)))
		tls_openssl_names(ssl_of(c), &names);
	lock_release(&c->write_lock);
	(void)tcpconn_put(c);
	return &names;
}

/* Who connects and says nothing is not kept for an hour. */
static int on_init(struct tcp_connection *c, int sock)
{
	int rc = real.on_tcpconn_init(c, sock);

	if (rc >= 0 && c->state == S_CONN_ACCEPT) {
		c->lifetime = S_TO_TICKS(CONNECTION_HANDSHAKE_S);
		c->timeout = get_ticks_raw() + c->lifetime;
	}
	return rc;
}

int tls_peer_init(void)
{
	int err;

	if (!tls_hook.read || !tls_hook.encode || !tls_hook.on_tcpconn_init)
		return 0;
	err = tls_openssl_init();
	if (err < 0)
		return err;
	real = tls_hook;
	tls_hook.read = on_read;
	tls_hook.encode = on_encode;
	tls_hook.on_tcpconn_init = on_init;
	return 0;
}

/* It would wait for locks of processes that were ended while they held them,
 * until Kamailio's own alarm. */
void tls_peer_leave(void)
{
	if (!real.read)
		return;
	tls_hook.destroy = NULL;
	tls_hook.tcpconn_clean = NULL;
	tls_hook.tcpconn_close = NULL;
}
