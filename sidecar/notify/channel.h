/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel: a notice becomes a transfer, and an answer becomes an outcome.
 *
 * Pure but for the files of secrets: no connection, no name, no clock. sender.c
 * runs the transfers.
 */
#pragma once

#include "base/conf.h"
#include "base/transfer.h"
#include "names/address_rules.h"
#include "names/web_uri.h"
#include "notify/notice.h"
#include "notify/out.h"
#include "notify/sender.h"

#define CHANNEL_ANSWER_MAX  65536
#define CHANNEL_SECRET_SIZE 512
#define CHANNEL_HEADERS_MAX 8

/* The first line of a file: a password, a token.  It is read again now and
 * then, so another one needs no restart, and one that comes late is found. */
struct channel_secret {
	const char *path; /* borrowed; "": none */
	int64_t read_ms;  /* UTC; 0: never */
	bool is_known;
	char value[CHANNEL_SECRET_SIZE];
};
#define CHANNEL_SECRET_READ_MS 5000

/* The mail server. */
struct mail_server {
	bool is_on;
	bool is_tls; /* smtps: from the first byte */
	enum transfer_tls tls;
	struct web_uri where; /* its text: smtp://host:port or smtps:// */
	struct channel_secret password;
};

/* What is posted. */
struct sms_shape {
	bool is_json;
	const char *template; /* borrowed */
};

struct sms_gateway {
	bool is_on;
	struct web_uri where;
	struct sms_shape shape;         /* if the recipient has no preset */
	struct channel_secret password; /* of sms_user */
	struct channel_secret token;
};

/* What e911d.conf says of channels. */
struct channels {
	const struct conf *conf; /* borrowed */
	struct web_hosts plain;  /* may be reached without TLS */
	struct address_nets nets;
	struct mail_server mail;
	struct sms_gateway sms;
};

/* -EINVAL: error holds a line for the operator; -ENOMEM. */
int must_check channels_new(struct channels **ret, const struct conf *conf,
			    char error[CONF_ERROR_SIZE]);
/* Accepts NULL; returns NULL. */
struct channels *channels_free(struct channels *c);

/* What is to be transferred; 'what' points into the rest. */
struct channel_request {
	enum notice_channel channel;
	struct transfer what; /* without addresses */
	struct web_uri where;
	bool any_address; /* the operator's own word: no rule on addresses */
	char *body;       /* owned */
	char *lines[CHANNEL_HEADERS_MAX]; /* owned */
	const char *headers[CHANNEL_HEADERS_MAX + 1];
	unsigned header_count;
	char from[256], to[256]; /* of the envelope */
};

/*
 * now_ms: UTC.  -EINVAL: the notice cannot be sent, -EAGAIN: not as this node
 * is configured now; *ret_why says why (a constant); -ENOMEM.  *ret is not
 * moved afterwards, and channel_request_fini() releases it, whatever was
 * returned.
 */
int must_check channel_prepare(struct channels *c, const struct notice *n,
			       int64_t now_ms, struct channel_request *ret,
			       const char **ret_why);
void channel_request_fini(struct channel_request *r);

/* What the end of a transfer means. */
void channel_judge(const struct conf *conf, enum notice_channel channel,
		   const struct transfer_answer *answer,
		   struct sender_result *ret);

/* ---- one of each channel; as channel_prepare() ---- */

int must_check email_prepare(struct channels *c, const struct notice *n,
			     int64_t now_ms, struct channel_request *ret,
			     const char **ret_why);
int must_check sms_prepare(struct channels *c, const struct notice *n,
			   int64_t now_ms, struct channel_request *ret,
			   const char **ret_why);
int must_check webhook_prepare(struct channels *c, const struct notice *n,
			       int64_t now_ms, struct channel_request *ret,
			       const char **ret_why);

/* -EINVAL: an option is bad. */
int must_check email_configure(struct channels *c, char error[CONF_ERROR_SIZE]);
int must_check sms_configure(struct channels *c, char error[CONF_ERROR_SIZE]);

/* ---- what they share ---- */

/* RFC 5321's Mailbox without quoted strings and address literals: what every
 * mail server takes, and nothing that could be more than one address. */
bool email_is_valid(struct text address);
/* E.164 with its plus. */
bool sms_number_is_valid(struct text number);
/* Have it up to date.  -EAGAIN: there is none; *ret_why is a constant. */
int must_check channel_secret_read(struct channel_secret *s, int64_t now_ms,
				   const char **ret_why);
/* "Name: value"; value has no control character.  -ENOMEM. */
int must_check channel_header_add(struct channel_request *r, const char *fmt,
				  ...) __attribute__((format(printf, 2, 3)));
/* As a UUID. */
void channel_id_add(struct out *o, const uint8_t id[NOTICE_ID_SIZE]);
/* The body so far is the request's.  -ENOMEM. */
int must_check channel_body_set(struct channel_request *r, struct out *body);
/* Set URL, host and CA of a request over HTTP.  -EAGAIN: TLS is needed. */
int must_check channel_where_set(const struct channels *c,
				 struct channel_request *r,
				 const struct web_uri *where,
				 const char **ret_why);
